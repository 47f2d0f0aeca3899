// What prom-client documents of all its classes, with itself and with what stands in for it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Client, clients, shownBy, unique } from '../../support/prom-clients'

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
