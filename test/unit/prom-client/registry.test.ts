// What prom-client documents of its registry, with prom-client itself and with what stands in for it.
import { describe, expect, test } from 'vitest'
import { type Client, clients, shownBy } from '../../support/prom-clients'

describe.each(clients)('%s', (_, client: Client) => {
  const { Counter, Gauge, Histogram, Registry } = client

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
})
