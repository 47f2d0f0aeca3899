// What prom-client documents of its gauge, with prom-client itself and with what stands in for it.
import { describe, expect, test, vi } from 'vitest'
import { type Client, clients, loose, shownBy } from '../../support/prom-clients'

describe.each(clients)('%s', (_, client: Client) => {
  const { Gauge, Registry } = client

  describe('a gauge', () => {
    test('is set, raised and lowered', async () => {
      const registry = new Registry()
      const gauge = new Gauge({ name: 'a', help: 'h', labelNames: ['x'], registers: [registry] })
      gauge.set(10)
      gauge.inc()
      gauge.inc(2.5)
      gauge.dec()
      gauge.dec(4)
      gauge.set({ x: 1 }, -3)
      gauge.inc({ x: 1 })
      gauge.dec({ x: 1 }, 0.5)
      gauge.dec({ x: 2 })
      gauge.inc({ x: 3 }, -0.5)
      expect(await shownBy(registry)).toEqual(['a 8.5', 'a{x="1"} -2.5', 'a{x="2"} -1', 'a{x="3"} -0.5'])
    })

    test('takes any number, and nothing else', async () => {
      const registry = new Registry()
      const gauge = new Gauge({ name: 'a', help: 'h', labelNames: ['x'], registers: [registry] })
      for (const x of [Number.NaN, Infinity, -Infinity, -0, 5e-324, 2 ** 60]) gauge.set({ x: String(x) }, x)
      const shown = ['a{x="NaN"} Nan', 'a{x="Infinity"} +Inf', 'a{x="-Infinity"} -Inf', 'a{x="0"} 0']
      const all = [...shown, 'a{x="5e-324"} 5e-324', 'a{x="1152921504606847000"} 1152921504606847000']
      expect(await shownBy(registry)).toEqual(all)
      const call =
        (method: string, ...args: unknown[]) =>
        () =>
          loose(gauge)[method]?.(...args)
      expect(call('set')).toThrow(new TypeError('Value is not a valid number: undefined'))
      expect(call('set', 'ten')).toThrow(new TypeError('Value is not a valid number: ten'))
      expect(call('set', { x: 1 })).toThrow(new TypeError('Value is not a valid number: undefined'))
      expect(call('inc', 'ten')).toThrow(new TypeError('Delta is not a valid number: ten'))
      expect(call('inc', { x: 1 }, null)).toThrow(new TypeError('Delta is not a valid number: null'))
      expect(call('set', { z: 1 }, 1)).toThrow(
        new Error(`Added label "z" is not included in initial labelset: [ 'x' ]`),
      )
      expect(call('labels', { z: 1 })).toThrow('Added label "z" is not included')
      expect(await shownBy(registry)).toEqual(all)
    })

    test('takes the time, and measures it', async () => {
      vi.useFakeTimers({ toFake: ['Date', 'hrtime'], now: 1_500_000_000_500 })
      try {
        const registry = new Registry()
        const gauge = new Gauge({ name: 'a', help: 'h', labelNames: ['x', 'y'], registers: [registry] })
        gauge.setToCurrentTime()
        gauge.setToCurrentTime({ x: 1 })
        gauge.labels('2', '3').setToCurrentTime()
        const plain = gauge.startTimer()
        const labelled = gauge.startTimer({ x: 'timer' })
        const child = gauge.labels({ x: 'child' }).startTimer()
        vi.advanceTimersByTime(1500)
        expect(plain({ x: 'end' })).toBe(1.5)
        expect(labelled({ y: 'end' })).toBe(1.5)
        expect(child({ y: 'end' })).toBe(1.5)
        expect(await shownBy(registry)).toEqual([
          'a 1500000000.5',
          'a{x="1"} 1500000000.5',
          'a{x="2",y="3"} 1500000000.5',
          'a{x="end"} 1.5',
          'a{x="timer",y="end"} 1.5',
          'a{x="child",y="end"} 1.5',
        ])
      } finally {
        vi.useRealTimers()
      }
    })

    test('children, destructured, after remove() and reset()', async () => {
      const registry = new Registry()
      const gauge = new Gauge({ name: 'a', help: 'h', labelNames: ['x'], registers: [registry] })
      const { set, inc, dec } = gauge.labels('1')
      set(5)
      inc()
      dec(2)
      expect(await shownBy(registry)).toEqual(['a{x="1"} 4'])
      gauge.remove('1')
      expect(await shownBy(registry)).toEqual([])
      inc()
      expect(await shownBy(registry)).toEqual(['a{x="1"} 1'])
      gauge.reset()
      expect(await shownBy(registry)).toEqual([])
      dec()
      expect(await shownBy(registry)).toEqual(['a{x="1"} -1'])
    })
  })
})
