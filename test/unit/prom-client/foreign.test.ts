// What prom-client counts for each process: default metrics, and those of other packages.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { original } from '../../support/prom-clients'
import { type Here, Service } from '../../support/prom-service'
import { hasAddon } from '../../support/world'

/** A page may be behind by that. */
const BEHIND = 10_000

/** What a process has: one that knows nothing of rseq/prom-client makes some of it. */
function fill(here: Here, n: number): void {
  const { register } = here.prom
  here.prom.collectDefaultMetrics()
  const { Counter, Gauge, Histogram, Summary } = here.require('prom-client') as typeof here.prom
  here.other = new Counter({ name: 'other_total', help: 'of another package', labelNames: ['x'] })
  here.other.inc({ x: 'a' }, n)
  here.other.inc({ x: `only ${n}` }, n)
  const histogram = new Histogram({ name: 'other_took', help: 'h', labelNames: ['b', 'a'], buckets: [1, 5] })
  histogram.observe({ b: 'b', a: 'a' }, n)
  for (const aggregator of ['sum', 'min', 'max', 'average'] as const) {
    new Gauge({ name: `other_${aggregator}`, help: 'h', aggregator }).set(n)
  }
  // Nobody knows what several processes' medians make.
  new here.prom.Gauge({ name: 'other_median', help: 'h', aggregator: 'median' as never }).set(n)
  new Summary({ name: 'other_summary', help: 'h' }).observe(n)
  here.names = register.getMetricsAsArray().map(({ name }) => name)
}

/** As prom-client's own cluster would send it. */
const local = ({ prom }: Here) =>
  Promise.all(
    prom.register.getMetricsAsArray().map((metric) => (metric as unknown as { get(): object }).get()),
  )

type Family = { name: string; type: string; values: { value: number; labels: object; metricName?: string }[] }

/** In no order. */
const comparable = ({ values }: Family) =>
  values
    .map(({ value, labels, metricName = '' }) => [
      metricName,
      JSON.stringify(Object.entries(labels).sort()),
      value,
    ])
    .sort()

let service: Service
const workers: number[][] = []

beforeAll(async () => {
  service = new Service()
  if (hasAddon) for (let i = 0; i < 3; i++) workers.push(await service.start('cluster'))
  for (const [i, to] of [[], ...workers].entries()) await service.run(to, fill, i + 1)
})
afterAll(() => service.end())

if (hasAddon) {
  test('all processes’ are on the page, as prom-client’s AggregatorRegistry puts them together', async () => {
    const all = [[], ...workers]
    // Each says what it has.
    for (const to of all) await service.page(to)
    const found = (await service.run([], ({ prom }) =>
      prom.register.getMetricsAsJSON(),
    )) as unknown as Family[]
    const parts = await Promise.all(all.map((to) => service.run(to, local)))
    const known = (part: object) =>
      (part as unknown as Family[]).filter(({ name }) => name !== 'other_median')
    const whole = original.AggregatorRegistry.aggregate(parts.map(known) as never)
    const exact = [
      'nodejs_version_info',
      'process_max_fds',
      'other_total',
      'other_took',
      'other_sum',
      'other_min',
      'other_max',
      'other_average',
    ]
    for (const name of exact) {
      const theirs = (await (whole.getSingleMetric(name) as unknown as { get(): Family }).get()) as Family
      const ours = found.find((one) => one.name === name) as Family
      expect([name, comparable(ours)]).toEqual([name, comparable(theirs)])
    }
    expect(await service.page([], 'other_average')).toEqual(['other_average 2.5'])
    expect(await service.page([], 'other_took')).toEqual([
      'other_took_bucket{le="+Inf",b="b",a="a"} 4',
      'other_took_bucket{le="1",b="b",a="a"} 1',
      'other_took_bucket{le="5",b="b",a="a"} 4',
      'other_took_count{b="b",a="a"} 4',
      'other_took_sum{b="b",a="a"} 10',
    ])
    // Sums of what changes are sums all the same: of four processes, more than of one.
    const [memory] = await service.page([], 'process_resident_memory_bytes')
    expect(Number(memory?.split(' ')[1])).toBeGreaterThan(80_000_000)
    expect(await service.page([], 'other_median')).toEqual(['other_median 1'])
    // Quantiles of several processes cannot be put together.
    expect(await service.page([], 'other_summary_count')).toEqual(['other_summary_count 1'])
  })

  test('also by merge(), and where the answering process has none of it', async () => {
    const merged = await service.run([], ({ prom }) => prom.Registry.merge([prom.register]).metrics())
    expect(merged).toContain('other_total{x="a"} 10\n')
    const bare = await service.start('cluster')
    const page = await service.page(bare)
    expect(page).toContain('other_total{x="a"} 10')
    expect(page).toContain('other_took_bucket{le="+Inf",a="a",b="b"} 4')
    await service.run([], (here, number) => here.kill(number), bare.at(-1) as number)
  })

  test('a process’s threads do not count its own twice', async () => {
    const thread = await service.start('thread', workers[0])
    await service.run(thread, fill, 100)
    await service.page(thread)
    expect(await service.page([], 'other_total{x="a"}')).toEqual(['other_total{x="a"} 10'])
    expect(await service.page(thread, 'other_total{x="a"}')).toEqual(['other_total{x="a"} 10'])
  })

  test('of registries of one’s own', async () => {
    const make = async (here: Here, n: number): Promise<string> => {
      const { Registry } = here.prom
      const { Gauge } = here.require('prom-client') as typeof here.prom
      here.own ??= new Registry()
      if (here.own.getMetricsAsArray().length === 0)
        new Gauge({ name: 'of_own', help: 'h', registers: [here.own] }).set(n)
      return here.own.metrics()
    }
    for (const [i, to] of workers.entries()) await service.run(to, make, i)
    expect(await service.run(workers[0] as number[], make, 0)).toBe(
      '# HELP of_own h\n# TYPE of_own gauge\nof_own 3\n',
    )
    expect(await service.page([], 'of_own')).toEqual([])
  })

  test('what has changed is on the page within ten seconds; what a dead process had is not', async () => {
    await service.run(workers[0] as number[], ({ other }) => other.inc({ x: 'a' }, 90))
    const dead = workers.pop() as number[]
    await service.run([], (here, number) => here.kill(number), dead.at(-1) as number)
    const end = Date.now() + BEHIND
    const shown = () => service.page([], 'other_total')
    const expected = [
      'other_total{x="a"} 96',
      'other_total{x="only 1"} 1',
      'other_total{x="only 2"} 2',
      'other_total{x="only 3"} 3',
    ]
    // The dead one's at once.
    expect(await shown()).not.toContain('other_total{x="only 4"} 4')
    while (JSON.stringify(await shown()) !== JSON.stringify(expected) && Date.now() < end) await sleep(250)
    expect(await shown()).toEqual(expected)
  })
}

test('a process alone has its own', async () => {
  const alone = hasAddon ? new Service() : service
  if (hasAddon) await alone.run([], fill, 1)
  const names = await alone.run([], ({ names }) => names as string[])
  const page = await alone.run([], ({ prom }) => prom.register.metrics())
  expect(names.filter((name) => !page.includes(`# TYPE ${name} `))).toEqual([])
  expect(await alone.page([], 'other_total')).toEqual(['other_total{x="a"} 1', 'other_total{x="only 1"} 1'])
  if (hasAddon) await alone.end()
})
