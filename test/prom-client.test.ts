// What prom-client documents of its classes, with prom-client itself and with what stands in for it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { type Client, clients, original, samples, shared, unique } from './prom-clients'

/** What plain JavaScript passes. */
type Loose = Record<string, (...args: unknown[]) => unknown>
const loose = (metric: unknown): Loose => metric as Loose

const shownBy = async (registry: { metrics(): Promise<string> }): Promise<string[]> =>
  samples(await registry.metrics())

describe.each(clients)('%s', (_, client: Client) => {
  const { Counter, Gauge, Histogram, Registry } = client

  describe('constructors', () => {
    const kinds = [
      ['Counter', Counter],
      ['Gauge', Gauge],
      ['Histogram', Histogram],
    ] as const

    test.each(kinds)('%s refuses what is no configuration', (_, kind) => {
      const make = (config?: unknown) => () =>
        new (kind as unknown as new (config: unknown) => unknown)(config)
      const registers = [new Registry()]
      expect(make()).toThrow(new TypeError('constructor expected a config object'))
      expect(make('name')).toThrow(new TypeError('constructor expected a config object'))
      expect(make({ name: 'a', registers })).toThrow(new Error('Missing mandatory help parameter'))
      expect(make({ help: 'a', registers })).toThrow(new Error('Missing mandatory name parameter'))
      expect(make({ name: '1a', help: 'a', registers })).toThrow(new Error('Invalid metric name'))
      expect(make({ name: 'a', help: 'a', labelNames: ['/'], registers })).toThrow(
        new Error('Invalid label name'),
      )
      expect(make({ name: 'a', help: 'a', collect: 5, registers })).toThrow(
        new Error('Optional "collect" parameter must be a function'),
      )
    })

    test.each(kinds)('%s: one metric of a name in a registry', (_, kind) => {
      const one = new Registry()
      const other = new Registry()
      const metric = new kind({ name: 'a', help: 'h', registers: [one, other] })
      expect(one.getSingleMetric('a')).toBe(metric)
      expect(other.getSingleMetric('a')).toBe(metric)
      expect(() => new kind({ name: 'a', help: 'h', registers: [one] })).toThrow(
        new Error('A metric with the name a has already been registered.'),
      )
    })

    test.each(kinds)('%s is in the global registry unless it is told otherwise', (_, kind) => {
      const name = unique('global')
      const metric = new kind({ name, help: 'h' })
      expect(client.register.getSingleMetric(name)).toBe(metric)
      client.register.removeSingleMetric(name)
      expect(client.register.getSingleMetric(name)).toBeUndefined()
      const undefinedOnes = { name: unique('global'), help: 'h', registers: undefined } as never
      const other = new kind(undefinedOnes) as unknown as { name: string }
      expect(client.register.getSingleMetric(other.name)).toBe(other)
      client.register.removeSingleMetric(other.name)
    })

    test('registers: [] is in none, until it is registered', async () => {
      const name = unique('in_none')
      const counter = new Counter({ name, help: 'h', registers: [] })
      counter.inc(3)
      expect(client.register.getSingleMetric(name)).toBeUndefined()
      expect((await counter.get()).values).toEqual([{ value: 3, labels: {} }])
      const registry = new Registry()
      registry.registerMetric(counter)
      counter.inc()
      expect(await shownBy(registry)).toEqual([`${name} 4`])
    })

    test('what has no labels is shown from the beginning; a histogram’s defaults', async () => {
      const registry = new Registry()
      new Counter({ name: 'c', help: 'h', registers: [registry] })
      new Gauge({ name: 'g', help: 'h', registers: [registry] })
      new Histogram({ name: 'h', help: 'h', registers: [registry] })
      new Counter({ name: 'l', help: 'h', labelNames: ['a'], registers: [registry] })
      const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, '+Inf']
      expect(await shownBy(registry)).toEqual([
        'c 0',
        'g 0',
        ...bounds.map((le) => `h_bucket{le="${le}"} 0`),
        'h_sum 0',
        'h_count 0',
      ])
    })

    test('le is no label of a histogram', () => {
      const config = { name: 'a', help: 'h', labelNames: ['le'], registers: [] }
      expect(() => new Histogram(config)).toThrow(new Error('le is a reserved label keyword'))
    })

    test('collect is called with the metric as this, and awaited', async () => {
      const registry = new Registry()
      new Counter({
        name: 'c',
        help: 'h',
        registers: [registry],
        collect() {
          this.reset()
          this.inc(2)
        },
      })
      const gauge = new Gauge({
        name: 'g',
        help: 'h',
        registers: [registry],
        async collect() {
          await sleep(1)
          this.set(5)
        },
      })
      new Histogram({
        name: 'h',
        help: 'h',
        buckets: [1],
        registers: [registry],
        collect() {
          this.reset()
          this.observe(1)
        },
      })
      expect(await shownBy(registry)).toEqual([
        'c 2',
        'g 5',
        'h_bucket{le="1"} 1',
        'h_bucket{le="+Inf"} 1',
        'h_sum 1',
        'h_count 1',
      ])
      expect((await gauge.get()).values).toEqual([{ value: 5, labels: {} }])
      expect(await registry.getSingleMetricAsString('c')).toBe('# HELP c h\n# TYPE c counter\nc 2')
      expect((await registry.getMetricsAsJSON()).map(({ values }) => values[0]?.value)).toEqual([2, 5, 1])
    })

    test('a collect that throws is what metrics() throws', async () => {
      const registry = new Registry()
      const collect = () => {
        throw new Error('of collect')
      }
      new Gauge({ name: 'a', help: 'h', registers: [registry], collect })
      await expect(registry.metrics()).rejects.toThrow('of collect')
      await expect(registry.getMetricsAsJSON()).rejects.toThrow('of collect')
    })

    test('an aggregator is told by get()', async () => {
      const gauge = new Gauge({ name: 'a', help: 'h', aggregator: 'max', registers: [] })
      expect((await gauge.get()).aggregator).toBe('max')
      expect((await new Counter({ name: 'a', help: 'h', registers: [] }).get()).aggregator).toBe('sum')
    })
  })

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
      ['decreasing', [2, 1]],
      ['repeated', [1, 1]],
      ['infinite', [1, Infinity]],
      ['no', []],
      ['too many', Array.from({ length: 5000 }, (_, i) => i)],
    ])('has %s bounds', async (_, buckets) => {
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
      expect(lines.length).toBe(buckets.length + 3)
      expect(lines.slice(-3)).toEqual(['a_bucket{le="+Inf",x="1"} 1', 'a_sum{x="1"} 1', 'a_count{x="1"} 1'])
    })
  })

  describe('a registry', () => {
    test('clear(), removeSingleMetric(), registerMetric(), getMetricsAsArray()', async () => {
      const registry = new Registry()
      const one = new Counter({ name: 'a', help: 'h', registers: [registry] })
      const two = new Gauge({ name: 'b', help: 'h', registers: [registry] })
      expect(registry.getMetricsAsArray()).toEqual([one, two])
      registry.removeSingleMetric('a')
      registry.removeSingleMetric('none')
      expect(registry.getMetricsAsArray()).toEqual([two])
      registry.registerMetric(one)
      registry.registerMetric(one)
      expect(await shownBy(registry)).toEqual(['b 0', 'a 0'])
      registry.setDefaultLabels({ d: 1 })
      registry.clear()
      expect(await registry.metrics()).toBe('\n')
      expect(registry.getMetricsAsArray()).toEqual([])
      new Counter({ name: 'a', help: 'h', registers: [registry] })
      expect(await shownBy(registry)).toEqual(['a 0'])
    })

    test('a metric that was taken out of it counts on, and shows that when it is put back', async () => {
      const registry = new Registry()
      const counter = new Counter({ name: 'a', help: 'h', labelNames: ['x'], registers: [registry] })
      registry.removeSingleMetric('a')
      counter.inc({ x: 1 }, 2)
      expect((await counter.get()).values).toEqual([{ value: 2, labels: { x: 1 } }])
      expect(await shownBy(registry)).toEqual([])
      registry.registerMetric(counter)
      counter.inc({ x: 1 })
      expect(await shownBy(registry)).toEqual(['a{x="1"} 3'])
    })

    test('resetMetrics()', async () => {
      const registry = new Registry()
      new Counter({ name: 'a', help: 'h', registers: [registry] }).inc(1.5)
      new Gauge({ name: 'b', help: 'h', registers: [registry] }).set(2)
      new Histogram({ name: 'c', help: 'h', registers: [registry] }).observe(2)
      registry.resetMetrics()
      expect(await shownBy(registry)).toEqual(['a 0', 'b 0'])
    })

    test('default labels, which a metric’s own go before', async () => {
      const registry = new Registry()
      registry.setDefaultLabels({ app: 'p', x: 'default' })
      const labelNames = ['x']
      new Counter({ name: 'a', help: 'h', registers: [registry] }).inc()
      new Gauge({ name: 'b', help: 'h', labelNames, registers: [registry] }).set({ x: 'own' }, 1)
      new Histogram({ name: 'c', help: 'h', buckets: [1], labelNames, registers: [registry] }).observe(
        { x: 'own' },
        1,
      )
      expect(await shownBy(registry)).toEqual([
        'a{app="p",x="default"} 1',
        'b{x="own",app="p"} 1',
        'c_bucket{le="1",app="p",x="own"} 1',
        'c_bucket{le="+Inf",app="p",x="own"} 1',
        'c_sum{app="p",x="own"} 1',
        'c_count{app="p",x="own"} 1',
      ])
      const json = await registry.getMetricsAsJSON()
      expect(json[0]?.values).toEqual([{ value: 1, labels: { app: 'p', x: 'default' } }])
      expect(json[1]?.values).toEqual([{ value: 1, labels: { app: 'p', x: 'own' } }])
    })

    test('getMetricsAsJSON(), and get()', async () => {
      const registry = new Registry()
      const counter = new Counter({ name: 'a', help: 'ha', labelNames: ['code'], registers: [registry] })
      counter.inc({ code: 200 })
      const histogram = new Histogram({ name: 'c', help: 'hc', buckets: [1], registers: [registry] })
      histogram.observe(0.5)
      const a = {
        name: 'a',
        help: 'ha',
        type: 'counter',
        aggregator: 'sum',
        values: [{ value: 1, labels: { code: 200 } }],
      }
      const c = {
        name: 'c',
        help: 'hc',
        type: 'histogram',
        aggregator: 'sum',
        values: [
          { value: 1, labels: { le: 1 }, metricName: 'c_bucket', exemplar: null },
          { value: 1, labels: { le: '+Inf' }, metricName: 'c_bucket', exemplar: null },
          { value: 0.5, labels: {}, metricName: 'c_sum', exemplar: undefined },
          { value: 1, labels: {}, metricName: 'c_count', exemplar: undefined },
        ],
      }
      expect(await registry.getMetricsAsJSON()).toEqual([a, c])
      expect(await counter.get()).toEqual(a)
      expect(await histogram.get()).toEqual(c)
    })

    test('content types', () => {
      const text = 'text/plain; version=0.0.4; charset=utf-8'
      const open = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
      expect([Registry.PROMETHEUS_CONTENT_TYPE, Registry.OPENMETRICS_CONTENT_TYPE]).toEqual([text, open])
      expect([client.prometheusContentType, client.openMetricsContentType]).toEqual([text, open])
      const registry = new Registry()
      expect(registry.contentType).toBe(text)
      registry.setContentType(open as never)
      expect(registry.contentType).toBe(open)
      expect(() => registry.setContentType('no' as never)).toThrow(
        new Error('Content type no is unsupported'),
      )
      const make = () => new (Registry as unknown as new (type: string) => unknown)('no')
      expect(make).toThrow(new TypeError('Content type no is unsupported'))
      expect(client.contentType).toBe(text)
    })

    test('merge()', async () => {
      const [one, two, other] = [new Registry(), new Registry(), new Registry()]
      const counter = new Counter({ name: 'a', help: 'h', registers: [one] })
      new Gauge({ name: 'b', help: 'h', registers: [two] }).set(3)
      const merged = Registry.merge([one, two])
      counter.inc()
      expect(await shownBy(merged)).toEqual(['a 1', 'b 3'])
      expect(merged.getSingleMetric('a')).toBe(counter)
      merged.clear()
      counter.inc()
      expect(await shownBy(one)).toEqual(['a 2'])
      new Counter({ name: 'a', help: 'h', registers: [other] })
      expect(() => Registry.merge([one, other])).toThrow(
        new Error('A metric with the name a has already been registered.'),
      )
      const open: unknown = new (Registry as new (type?: string) => InstanceType<typeof Registry>)(
        Registry.OPENMETRICS_CONTENT_TYPE,
      )
      expect(() => Registry.merge([one, open as typeof one])).toThrow(
        new Error('Registers can only be merged if they have the same content type'),
      )
    })

    test('what is no metric of any class: it has a name and get()', async () => {
      const registry = new Registry()
      const own = {
        name: 'own',
        help: 'h',
        type: 'gauge',
        get: () => ({ name: 'own', help: 'h', type: 'gauge', values: [{ value: 4 }] }),
      }
      registry.registerMetric(own as never)
      expect(await shownBy(registry)).toEqual(['own 4'])
    })
  })

  test('a summary', async () => {
    const registry = new Registry()
    const config = {
      name: 'a',
      help: 'h',
      labelNames: ['x'],
      percentiles: [0.5, 0.75],
      registers: [registry],
    }
    const summary = new client.Summary(config)
    for (const x of [100, 200, 300, 400]) summary.observe({ x: 1 }, x)
    summary.labels('2').observe(5)
    const of = (x: number, half: number, most: number, sum: number, count: number) => [
      `a{quantile="0.5",x="${x}"} ${half}`,
      `a{quantile="0.75",x="${x}"} ${most}`,
      `a_sum{x="${x}"} ${sum}`,
      `a_count{x="${x}"} ${count}`,
    ]
    expect(await shownBy(registry)).toEqual([...of(1, 250, 350, 1000, 4), ...of(2, 5, 5, 5, 1)])
    summary.remove('1')
    expect(await shownBy(registry)).toEqual(of(2, 5, 5, 5, 1))
  })

  test('a push gateway gets the page', async () => {
    const registry = new Registry()
    new Counter({ name: 'a', help: 'h', registers: [registry] }).inc(2.5)
    const got: string[] = []
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      got.push(`${request.method} ${request.url} ${body}`)
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const gateway = new client.Pushgateway(`http://127.0.0.1:${port}`, { agent: false }, registry)
    await gateway.pushAdd({ jobName: 'job', groupings: { key: 'value' } })
    await gateway.push({ jobName: 'job' })
    await gateway.delete({ jobName: 'job' })
    server.close()
    const page = '# HELP a h\n# TYPE a counter\na 2.5\n'
    expect(got).toEqual([
      `POST /metrics/job/job/key/value ${page}`,
      `PUT /metrics/job/job ${page}`,
      'DELETE /metrics/job/job ',
    ])
  })

  test('setRegistries() refuses what is none', () => {
    const set = client.AggregatorRegistry.setRegistries as (registries: unknown) => void
    expect(() => set('no')).toThrow(new TypeError('Expected Registry, got string'))
  })
})

describe('rseq/prom-client, and not prom-client', () => {
  const registers = () => [new shared.Registry()]

  test('gives the same child for the same labels', () => {
    const config = { name: 'a', help: 'h', labelNames: ['x', 'y'], registers: registers() }
    const counter = new shared.Counter(config)
    expect(counter.labels('1', '2')).toBe(counter.labels({ y: 2, x: 1 } as never))
    expect(counter.labels('1', '2')).not.toBe(counter.labels('1', '3'))
    expect(new original.Counter({ ...config, registers: [] }).labels('1', '2')).not.toBe(undefined)
  })

  test('refuses NaN, which prom-client counts: it would stay the whole service’s value', async () => {
    const counter = new shared.Counter({ name: 'a', help: 'h', registers: registers() })
    expect(() => counter.inc(Number.NaN)).toThrow(new TypeError('Value is not a valid number: NaN'))
    expect((await counter.get()).values).toEqual([{ value: 0, labels: {} }])
    const theirs = new original.Counter({ name: 'a', help: 'h', registers: [] })
    theirs.inc(Number.NaN)
    expect((await theirs.get()).values).toEqual([{ value: Number.NaN, labels: {} }])
  })

  test('refuses a counter’s unknown labels in labels(), where prom-client waits for inc()', () => {
    const config = { name: 'a', help: 'h', labelNames: ['x'], registers: [] }
    const wrong = { z: 1 } as never
    expect(() => new shared.Counter(config).labels(wrong)).toThrow('Added label "z" is not included')
    const child = new original.Counter(config).labels(wrong)
    expect(() => child.inc()).toThrow('Added label "z" is not included')
  })

  test('clear() and removeSingleMetric() give up what was counted; prom-client’s metrics keep it', async () => {
    const value = async ({ Counter, Registry }: Client): Promise<number | undefined> => {
      const registry = new Registry()
      const counter = new Counter({ name: 'a', help: 'h', registers: [registry] })
      counter.inc(5)
      registry.clear()
      counter.inc()
      return (await counter.get()).values[0]?.value
    }
    expect(await value(original)).toBe(6)
    expect(await value(shared as unknown as Client)).toBe(1)
  })

  test('copies labels: what the caller does with the object later is no matter', async () => {
    const values = async ({ Counter }: Client): Promise<unknown> => {
      const counter = new Counter({ name: unique('a'), help: 'h', labelNames: ['x'], registers: [] })
      const labels = { x: 1 }
      for (let i = 1; i <= 3; i++) {
        labels.x = i
        counter.inc(labels, i)
      }
      counter.labels({ x: 2 } as never).inc(10)
      return (await counter.get()).values.map(({ labels, value }) => [labels.x, value])
    }
    expect(await values(shared as unknown as Client)).toEqual([
      [1, 1],
      [2, 12],
      [3, 3],
    ])
    expect(await values(original)).toEqual([
      [3, 1],
      [3, 12],
      [3, 3],
    ])
  })

  test('gauge.dec() refuses what gauge.inc() refuses', () => {
    const config = { name: 'a', help: 'h', registers: [] }
    expect(() => loose(new shared.Gauge(config)).dec?.('x')).toThrow(
      new TypeError('Delta is not a valid number: x'),
    )
    expect(() => loose(new original.Gauge(config)).dec?.('x')).not.toThrow()
  })

  test('a bound of −1 does not count what is above all bounds', async () => {
    const count = async ({ Histogram }: Client): Promise<number | undefined> => {
      const histogram = new Histogram({ name: unique('a'), help: 'h', buckets: [-1, 1], registers: [] })
      histogram.observe(2)
      return (await histogram.get()).values[0]?.value
    }
    expect(await count(original)).toBe(1)
    expect(await count(shared as unknown as Client)).toBe(0)
  })

  test('a page in OpenMetrics’ format leaves counters their names', async () => {
    const name = async ({ Counter, Registry }: Client): Promise<string> => {
      const registry = new Registry()
      registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
      const counter = new Counter({ name: 'a_total', help: 'h', registers: [registry] })
      await registry.metrics()
      return (await counter.get()).name
    }
    expect(await name(original)).toBe('a')
    expect(await name(shared as unknown as Client)).toBe('a_total')
  })

  test('an omitted gauge is on no page, as on prom-client’s of a cluster', async () => {
    const shown = async ({ Gauge, Registry }: Client): Promise<string[]> => {
      const registry = new Registry()
      new Gauge({ name: 'a', help: 'h', aggregator: 'omit', registers: [registry] }).set(5)
      return shownBy(registry)
    }
    expect(await shown(original)).toEqual(['a 5'])
    expect(await shown(shared as unknown as Client)).toEqual([])
  })
})
