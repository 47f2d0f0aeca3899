// What prom-client documents of its histogram, with prom-client itself and with what stands in for it.
import { describe, expect, test, vi } from 'vitest'
import { type Client, clients, loose, shownBy } from '../../support/prom-clients'

describe.each(clients)('%s', (name, client: Client) => {
  const { Histogram, Registry } = client

  describe('a histogram', () => {
    const none = (name: string) => [
      `${name}_bucket{le="1"} 0`,
      `${name}_bucket{le="+Inf"} 0`,
      `${name}_sum 0`,
      `${name}_count 0`,
    ]

    test('counts into the first bucket that a sample is not above', async () => {
      const registry = new Registry()
      const histogram = new Histogram({ name: 'a', help: 'h', buckets: [-2, 0, 2.5], registers: [registry] })
      for (const x of [-5, -2, -0.5, 0, 2.5, 2.75, 1e9, -1e9 - 0.25]) histogram.observe(x)
      expect(await shownBy(registry)).toEqual([
        'a_bucket{le="-2"} 3',
        'a_bucket{le="0"} 5',
        'a_bucket{le="2.5"} 6',
        'a_bucket{le="+Inf"} 8',
        'a_sum -2.5',
        'a_count 8',
      ])
    })

    test('takes a sample with labels, or in their place', async () => {
      const registry = new Registry()
      const histogram = new Histogram({
        name: 'a',
        help: 'h',
        buckets: [1],
        labelNames: ['x'],
        registers: [registry],
      })
      const observe = (...args: unknown[]) => loose(histogram).observe?.(...args)
      observe({ x: 1 }, 0.5)
      histogram.labels('1').observe(2)
      observe({}, 1)
      observe(null, 1)
      observe(undefined, 1)
      observe(0)
      observe(3, 5)
      expect(await shownBy(registry)).toEqual([
        'a_bucket{le="1",x="1"} 1',
        'a_bucket{le="+Inf",x="1"} 2',
        'a_sum{x="1"} 2.5',
        'a_count{x="1"} 2',
        'a_bucket{le="1"} 4',
        'a_bucket{le="+Inf"} 5',
        'a_sum 6',
        'a_count 5',
      ])
    })

    test('refuses what is no sample', async () => {
      const registry = new Registry()
      const histogram = new Histogram({
        name: 'a',
        help: 'h',
        buckets: [1],
        labelNames: ['x'],
        registers: [registry],
      })
      const call =
        (method: string, ...args: unknown[]) =>
        () =>
          loose(histogram)[method]?.(...args)
      expect(call('observe')).toThrow(new TypeError('Value is not a valid number: undefined'))
      expect(call('observe', null)).toThrow(new TypeError('Value is not a valid number: undefined'))
      expect(call('observe', 'ten')).toThrow(new TypeError('Value is not a valid number: ten'))
      expect(call('observe', { x: 1 }, '10')).toThrow(new TypeError('Value is not a valid number: 10'))
      expect(call('observe', { x: 1 }, Number.NaN)).toThrow(new TypeError('Value is not a valid number: NaN'))
      expect(call('observe', Infinity)).toThrow(new TypeError('Value is not a valid number: Infinity'))
      expect(call('observe', { z: 1 }, 1)).toThrow(
        new Error(`Added label "z" is not included in initial labelset: [ 'x' ]`),
      )
      expect(call('labels', { z: 1 })).toThrow('Added label "z" is not included')
      expect(call('labels', 1, 2)).toThrow(
        new Error('Invalid number of arguments (2): "1, 2" for label names (1): "x".'),
      )
      const child = loose(histogram.labels('1'))
      expect(() => child.observe?.('1')).toThrow(new TypeError('Value is not a valid number: 1'))
      expect(await shownBy(registry)).toEqual([])
    })

    test('measures time', async () => {
      vi.useFakeTimers({ toFake: ['hrtime'] })
      try {
        const registry = new Registry()
        const histogram = new Histogram({
          name: 'a',
          help: 'h',
          buckets: [1],
          labelNames: ['x', 'y'],
          registers: [registry],
        })
        const one = histogram.startTimer({ x: 1 })
        const child = histogram.labels({ x: '1' }).startTimer()
        vi.advanceTimersByTime(1500)
        expect(one({ y: 2 })).toBe(1.5)
        expect(child({ y: '2' })).toBe(1.5)
        expect(() => histogram.startTimer()({ z: 1 } as never)).toThrow('Added label "z"')
        expect((await shownBy(registry)).slice(-2)).toEqual([
          'a_sum{x="1",y="2"} 3',
          'a_count{x="1",y="2"} 2',
        ])
      } finally {
        vi.useRealTimers()
      }
    })

    test('zero(), reset() and remove()', async () => {
      const registry = new Registry()
      const plain = new Histogram({ name: 'p', help: 'h', buckets: [1], registers: [registry] })
      const histogram = new Histogram({
        name: 'a',
        help: 'h',
        buckets: [1],
        labelNames: ['x'],
        registers: [registry],
      })
      histogram.zero({ x: '1' })
      const zeros = [
        'a_bucket{le="1",x="1"} 0',
        'a_bucket{le="+Inf",x="1"} 0',
        'a_sum{x="1"} 0',
        'a_count{x="1"} 0',
      ]
      expect(await shownBy(registry)).toEqual([...none('p'), ...zeros])
      const { observe } = histogram.labels('1')
      observe(5)
      histogram.zero({ x: '1' })
      plain.observe(1)
      plain.zero({})
      expect(await shownBy(registry)).toEqual([...none('p'), ...zeros])
      histogram.reset()
      plain.reset()
      expect(await shownBy(registry)).toEqual([])
      observe(0.5)
      expect((await shownBy(registry)).at(-2)).toBe('a_sum{x="1"} 0.5')
      histogram.remove('1')
      expect(await shownBy(registry)).toEqual([])
      observe(0.25)
      expect((await shownBy(registry)).at(-2)).toBe('a_sum{x="1"} 0.25')
      histogram.remove({ x: 1 })
      expect(await shownBy(registry)).toEqual([])
    })

    test('its buckets are made by linearBuckets and exponentialBuckets', () => {
      expect(client.linearBuckets(0, 50, 4)).toEqual([0, 50, 100, 150])
      expect(client.exponentialBuckets(1, 2, 5)).toEqual([1, 2, 4, 8, 16])
      expect(() => client.linearBuckets(0, 1, 0)).toThrow(new Error('Linear buckets needs a positive count'))
      expect(() => client.exponentialBuckets(0, 2, 1)).toThrow(
        new Error('Exponential buckets needs a positive start'),
      )
      expect(() => client.exponentialBuckets(1, 2, 0)).toThrow(
        new Error('Exponential buckets needs a positive count'),
      )
      expect(() => client.exponentialBuckets(1, 1, 1)).toThrow(
        new Error('Exponential buckets needs a factor greater than 1'),
      )
    })

    test.each([
      // What prom-client writes twice, this package writes once.
      ['decreasing', [2, 1], 2],
      ['repeated', [1, 1], 1],
      ['infinite', [1, Infinity], 1],
      ['no', [], 0],
      ['too many', Array.from({ length: 5000 }, (_, i) => i), 5000],
    ])('has %s bounds', async (_, buckets, different) => {
      const registry = new Registry()
      const histogram = new Histogram({
        name: 'a',
        help: 'h',
        buckets,
        labelNames: ['x'],
        registers: [registry],
      })
      histogram.observe({ x: 1 }, 1)
      const lines = await shownBy(registry)
      expect(lines.length).toBe((name === 'prom-client' ? buckets.length : different) + 3)
      expect(lines.slice(-3)).toEqual(['a_bucket{le="+Inf",x="1"} 1', 'a_sum{x="1"} 1', 'a_count{x="1"} 1'])
    })
  })
})
