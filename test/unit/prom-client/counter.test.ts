// What prom-client documents of its counter, with prom-client itself and with what stands in for it.
import { describe, expect, test } from 'vitest'
import { type Client, clients, loose, shownBy } from '../../support/prom-clients'

describe.each(clients)('%s', (_, client: Client) => {
  const { Counter, Registry } = client

  describe('a counter', () => {
    test('adds 1, or what it is told', async () => {
      const registry = new Registry()
      const counter = new Counter({ name: 'a', help: 'h', registers: [registry] })
      counter.inc()
      counter.inc(2)
      counter.inc(0)
      counter.inc(0.5)
      counter.inc({}, 0.25)
      counter.inc({})
      loose(counter).inc?.(null)
      loose(counter).inc?.(undefined)
      expect(await shownBy(registry)).toEqual(['a 6.75'])
    })

    test('goes on beyond 2⁵³', async () => {
      const registry = new Registry()
      const counter = new Counter({ name: 'a', help: 'h', registers: [registry] })
      counter.inc(2 ** 53 - 1)
      expect(await shownBy(registry)).toEqual(['a 9007199254740991'])
      counter.inc(2 ** 53 + 2)
      expect(await shownBy(registry)).toEqual(['a 18014398509481984'])
      counter.inc(2 ** 70)
      expect(await shownBy(registry)).toEqual(['a 1.1806096351159208e+21'])
      counter.inc(1e300)
      expect(await shownBy(registry)).toEqual(['a 1e+300'])
    })

    test('refuses what is no amount, and changes nothing', async () => {
      const registry = new Registry()
      const counter = new Counter({ name: 'a', help: 'h', labelNames: ['x'], registers: [registry] })
      const inc =
        (...args: unknown[]) =>
        () =>
          loose(counter).inc?.(...args)
      expect(inc(-1)).toThrow(new Error('It is not possible to decrease a counter'))
      expect(inc({ x: 1 }, -0.5)).toThrow(new Error('It is not possible to decrease a counter'))
      for (const [value, shown] of [
        ['5', '5'],
        [Number.POSITIVE_INFINITY, 'Infinity'],
        [true, 'true'],
        [[1], '[ 1 ]'],
      ] as const) {
        expect(inc({ x: 1 }, value)).toThrow(new TypeError(`Value is not a valid number: ${shown}`))
      }
      expect(() => counter.labels('1').inc(-1)).toThrow('It is not possible to decrease a counter')
      expect(await shownBy(registry)).toEqual([])
    })

    test('refuses labels that it was not made with', async () => {
      const registry = new Registry()
      const counter = new Counter({ name: 'a', help: 'h', labelNames: ['x', 'y'], registers: [registry] })
      expect(() => loose(counter).inc?.({ z: 1 })).toThrow(
        new Error(`Added label "z" is not included in initial labelset: [ 'x', 'y' ]`),
      )
      expect(() => loose(counter).inc?.({ x: 1, y: 1, z: 1 })).toThrow('Added label "z" is not included')
      expect(() => counter.labels('1')).toThrow(
        new Error('Invalid number of arguments (1): "1" for label names (2): "x, y".'),
      )
      expect(() => counter.remove('1', '2', '3')).toThrow(
        new Error('Invalid number of arguments (3): "1, 2, 3" for label names (2): "x, y".'),
      )
      expect(() => loose(counter).remove?.({ z: 1 })).toThrow('Added label "z" is not included')
      expect(await shownBy(registry)).toEqual([])
    })

    test('refuses them also where labels are called as what every object has', () => {
      const labelNames = ['constructor', 'a', 'a']
      const counter = new Counter({ name: 'a', help: 'h', labelNames, registers: [] })
      expect(() => loose(counter).inc?.({ z: 1 })).toThrow('Added label "z" is not included')
      expect(() => loose(counter).inc?.({ a: 1, z: 1 })).toThrow('Added label "z" is not included')
    })

    test('has a value for each set of labels, in any order, some left out', async () => {
      const registry = new Registry()
      const counter = new Counter({ name: 'a', help: 'h', labelNames: ['x', 'y'], registers: [registry] })
      counter.inc({ y: '2', x: '1' })
      counter.inc({ x: '1', y: '2' }, 2)
      counter.inc({ x: '1' })
      counter.inc(7)
      counter.labels('1', '2').inc()
      counter.labels({ x: '1' }).inc(4)
      expect(await shownBy(registry)).toEqual(['a{y="2",x="1"} 4', 'a{x="1"} 5', 'a 7'])
    })

    test('reset() and remove()', async () => {
      const registry = new Registry()
      const plain = new Counter({ name: 'p', help: 'h', registers: [registry] })
      const counter = new Counter({ name: 'a', help: 'h', labelNames: ['x', 'y'], registers: [registry] })
      const child = counter.labels('1', '2')
      const { inc } = child
      plain.inc(2.5)
      child.inc(2.5)
      counter.labels('3', '4').inc()
      plain.reset()
      counter.reset()
      expect(await shownBy(registry)).toEqual(['p 0'])
      inc()
      plain.inc()
      expect(await shownBy(registry)).toEqual(['p 1', 'a{x="1",y="2"} 1'])
      counter.remove('1', '2')
      counter.remove('none', 'such')
      plain.remove()
      expect(await shownBy(registry)).toEqual([])
      inc(5)
      plain.inc(0.5)
      expect(await shownBy(registry)).toEqual(['p 0.5', 'a{x="1",y="2"} 5'])
      counter.remove({ y: '2', x: '1' })
      expect(await shownBy(registry)).toEqual(['p 0.5'])
    })
  })
})
