// Metrics of several processes and threads.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, original } from '../../support/prom-clients'
import { type Here, Service } from '../../support/prom-service'
import { hasAddon } from '../../support/world'

const THREADS = 4
const ROUNDS = 500

/** The metrics of the traffic. */
function define(here: Pick<Here, 'prom'> & Record<string, unknown>): void {
  const { Counter, Gauge, Histogram } = here.prom
  here.plain = new Counter({ name: 'traffic_plain_total', help: 'h' })
  here.labelled = new Counter({ name: 'traffic_total', help: 'h', labelNames: ['code', 'path'] })
  here.took = new Histogram({ name: 'traffic_took', help: 'h', labelNames: ['code'], buckets: [0.25, 1, 8] })
  for (const aggregator of ['sum', 'first', 'min', 'max', 'average'] as const) {
    here[aggregator] = new Gauge({ name: `traffic_${aggregator}`, help: 'h', labelNames: ['x'], aggregator })
  }
}

/** What one thread does: other amounts for each seed, all of them exact in any order. */
function traffic(here: Pick<Here, string>, seed: number, rounds: number): void {
  for (let i = 0; i < rounds; i++) {
    const n = (i * 7919 + seed * 104729) % 1024
    here.plain.inc()
    here.labelled.inc({ code: 200 + (n % 3), path: `/${n % 5}` }, n / 64)
    here.labelled.labels('404', `"${seed % 2}"`).inc(n)
    here.took.observe({ code: n % 2 }, n / 128)
  }
}

function setGauges(here: Pick<Here, string>, x: number): void {
  for (const aggregator of ['sum', 'first', 'min', 'max', 'average']) here[aggregator].set({ x: 'a' }, x)
}

let service: Service
const workers: number[][] = []

beforeAll(async () => {
  service = new Service()
  if (hasAddon) for (let i = 0; i < 3; i++) workers.push(await service.start('cluster'))
})
afterAll(() => service.end())

describe('a page', () => {
  test(`of processes × ${THREADS} threads is that of the same traffic in one thread, in all of them`, async () => {
    const processes = [[], ...workers]
    const threads = [...processes]
    for (const to of processes)
      for (let i = 1; i < THREADS; i++) threads.push(await service.start('thread', to))
    for (const to of threads) await service.run(to, define)
    await Promise.all(threads.map((to, seed) => service.run(to, traffic, seed, ROUNDS)))
    const values = processes.map((_, i) => [5, -2.5, 12, 0.25][i] as number)
    for (const [i, to] of processes.entries()) await service.run(to, setGauges, values[i] as number)

    const here: Pick<Here, string> = { prom: original as Client }
    define(here as never)
    for (const seed of threads.keys()) traffic(here, seed, ROUNDS)
    const sum = values.reduce((a, b) => a + b, 0)
    here.sum.set({ x: 'a' }, sum)
    here.min.set({ x: 'a' }, Math.min(...values))
    here.max.set({ x: 'a' }, Math.max(...values))
    here.average.set({ x: 'a' }, sum / values.length)
    // The first one in the region's directory.
    here.first.set({ x: 'a' }, 5)
    const expected = (await original.register.metrics())
      .split('\n')
      .filter((line) => line.startsWith('traffic_'))
      .sort()
    expect(expected.length).toBeGreaterThan(30)
    for (const to of threads) expect(await service.page(to, 'traffic_')).toEqual(expected)
  })
})

test('what threads have taken out of their registries is not each other’s', async () => {
  const take = async ({ prom }: Here, n: number): Promise<unknown> => {
    const counter = new prom.Counter({ name: 'taken_by_threads', help: 'h', labelNames: ['x'] })
    prom.register.removeSingleMetric('taken_by_threads')
    counter.inc({ x: 1 }, n)
    return (await counter.get()).values[0]?.value
  }
  for (const n of [1, 2]) expect(await service.run(await service.start('thread'), take, n)).toBe(n)
})

if (hasAddon) {
  describe('what a process has', () => {
    const inc = ({ prom: { Counter, register } }: Here, name: string, x: string, n: number): void => {
      const known = register.getSingleMetric(name) as InstanceType<typeof Counter> | undefined
      const counter = known ?? new Counter({ name, help: 'h', labelNames: ['x'] })
      counter.inc({ x }, n)
    }
    const drop = ({ prom }: Here, name: string): void => prom.register.removeSingleMetric(name)

    test('is held by it alone: removeSingleMetric()', async () => {
      const [one, two] = workers as [number[], number[]]
      await service.run(one, inc, 'held', '1', 1)
      await service.run(two, inc, 'held', '1', 2.5)
      await service.run(one, drop, 'held')
      // Also where it is not registered any more, or was not.
      for (const to of [[], one, two]) expect(await service.page(to, 'held')).toEqual(['held{x="1"} 3.5'])
      await service.run(two, drop, 'held')
      for (const to of [[], one, two]) expect(await service.page(to, 'held')).toEqual([])
      await service.run(one, inc, 'held', '1', 4)
      expect(await service.page(two, 'held')).toEqual(['held{x="1"} 4'])
    })

    test('is held by it alone: remove()', async () => {
      const [one, two] = workers as [number[], number[]]
      const remove = ({ prom }: Here, x: string): void =>
        (prom.register.getSingleMetric('removed') as InstanceType<typeof prom.Counter>).remove(x)
      await service.run(one, inc, 'removed', '1', 1)
      await service.run(one, inc, 'removed', '2', 1)
      await service.run(two, inc, 'removed', '1', 2.5)
      await service.run(one, remove, '1')
      await service.run(one, remove, '2')
      expect(await service.page(one, 'removed')).toEqual(['removed{x="1"} 3.5'])
      await service.run(two, remove, '1')
      expect(await service.page([], 'removed')).toEqual([])
      await service.run(one, inc, 'removed', '1', 4)
      expect(await service.page(two, 'removed')).toEqual(['removed{x="1"} 4'])
    })

    test('is set to 0 for all by reset()', async () => {
      const [one, two] = workers as [number[], number[]]
      await service.run(one, inc, 'reset', 'of one', 1.5)
      await service.run(two, inc, 'reset', 'of two', 2.5)
      await service.run(two, inc, 'reset', 'of both', 2)
      await service.run(one, inc, 'reset', 'of both', 2)
      await service.run(one, ({ prom }) => prom.register.getSingleMetric('reset')?.reset())
      const zeros = ['reset{x="of both"} 0', 'reset{x="of two"} 0']
      expect(await service.page(two, 'reset')).toEqual(zeros)
      expect(await service.page(one, 'reset')).toEqual(zeros)
    })

    test('counts on out of its registry, and shows that when it is put back', async () => {
      const [one, two] = workers as [number[], number[]]
      await service.run(one, (here) => {
        const { Counter, register } = here.prom
        here.taken = new Counter({ name: 'taken', help: 'h' })
        here.taken.inc(1)
        register.removeSingleMetric('taken')
        here.taken.inc(2)
      })
      for (const to of [[], one, two]) expect(await service.page(to, 'taken')).toEqual([])
      await service.run(one, (here) => {
        here.prom.register.registerMetric(here.taken)
        here.taken.inc(4)
      })
      expect(await service.page(one, 'taken')).toEqual(['taken 6'])
    })

    test('stays when it is killed, but for its gauges', async () => {
      const killed = await service.start('cluster')
      await service.run(killed, ({ prom: { Counter, Gauge, Histogram } }) => {
        new Counter({ name: 'killed_total', help: 'h' }).inc(7.5)
        new Gauge({ name: 'killed_gauge', help: 'h' }).set(3)
        new Histogram({ name: 'killed_took', help: 'h', buckets: [1] }).observe(0.5)
      })
      const counted = [
        'killed_took_bucket{le="+Inf"} 1',
        'killed_took_bucket{le="1"} 1',
        'killed_took_count 1',
        'killed_took_sum 0.5',
        'killed_total 7.5',
      ]
      expect(await service.page([], 'killed_')).toEqual(['killed_gauge 3', ...counted])
      await service.run([], (here, number) => here.kill(number), killed.at(-1) as number)
      for (const to of [[], ...workers]) expect(await service.page(to, 'killed_')).toEqual(counted)
      // Each life of a process has names of its own: they would fill the region.
      const left = ({ Region }: Here) => Region.service.list().map(({ name }) => name)
      expect(await service.run([], left)).toContain('killed_gauge')
      // A page changes nothing; whoever comes next removes them.
      await service.run(await service.start('cluster'), ({ prom: { Gauge } }) => {
        new Gauge({ name: 'next_gauge', help: 'h' }).set(4)
      })
      expect(await service.run([], left)).not.toContain('killed_gauge')
      expect(await service.page([], 'killed_')).toEqual(counted)
      await service.run(workers[0] as number[], ({ prom: { Counter } }) => {
        new Counter({ name: 'killed_total', help: 'h' }).inc()
      })
      expect(await service.page([], 'killed_total')).toEqual(['killed_total 8.5'])
    })

    test('knows of labels what the region says: undefined is none, and numbers are texts', async () => {
      const [one, two] = workers as [number[], number[]]
      const json = async ({ prom }: Here) => (await prom.register.getSingleMetric('odd')?.get())?.values
      await service.run(one, ({ prom }) => {
        const counter = new prom.Counter({ name: 'odd', help: 'h', labelNames: ['x', 'y'] })
        counter.inc({ y: 1, x: undefined as never })
      })
      await service.run(two, ({ prom }) => {
        new prom.Counter({ name: 'odd', help: 'h', labelNames: ['x', 'y'] })
      })
      expect(await service.page(one, 'odd')).toEqual(['odd{y="1"} 1'])
      expect(await service.page(two, 'odd')).toEqual(['odd{y="1"} 1'])
      expect(await service.run(two, json)).toEqual([{ value: 1, labels: { y: '1' } }])
    })

    test('is apart from what another has given the same name: another type', async () => {
      const [one, two] = workers as [number[], number[]]
      await service.run(one, inc, 'type', 'a', 1)
      await service.run(two, ({ prom }) => {
        new prom.Gauge({ name: 'type', help: 'h', labelNames: ['x'] }).set({ x: 'a' }, 2)
      })
      expect(await service.page(one, 'type')).toEqual(['type{x="a"} 1'])
      expect(await service.page(two, 'type')).toEqual(['type{x="a"} 2'])
    })

    test('is found by the order of registries that have metrics, whatever else is made', async () => {
      const [one, two] = workers as [number[], number[]]
      await service.run(one, async ({ prom }) => {
        new prom.AggregatorRegistry()
        new prom.Registry()
        for (let i = 0; i < 3; i++) await prom.Registry.merge([prom.register, new prom.Registry()]).metrics()
        await new prom.AggregatorRegistry().clusterMetrics()
      })
      const count = async (here: Here, n: number): Promise<string> => {
        const { Counter, Registry } = here.prom
        here.own ??= new Registry()
        here.counter ??= new Counter({ name: 'of_own', help: 'h', registers: [here.own] })
        here.counter.inc(n)
        return here.own.metrics()
      }
      await service.run(one, count, 1)
      const page = '# HELP of_own h\n# TYPE of_own counter\nof_own 3\n'
      expect(await service.run(two, count, 2)).toBe(page)
      expect(await service.run(one, count, 0)).toBe(page)
      expect(await service.page([], 'of_own')).toEqual([])
      const merged = await service.run(two, ({ prom, own }) =>
        prom.Registry.merge([prom.register, own]).metrics(),
      )
      expect(merged).toContain('of_own 3')
      expect(merged).toContain('killed_total 8.5')
      // Of all registries that a worker has chosen.
      await service.run(one, ({ prom, own }) => prom.AggregatorRegistry.setRegistries([own]))
      const clusterMetrics = () =>
        service.run([], ({ prom }) => new prom.AggregatorRegistry().clusterMetrics())
      expect(await clusterMetrics()).toBe(page)
      await service.run(one, ({ prom }) => prom.AggregatorRegistry.setRegistries([prom.register]))
      expect(await clusterMetrics()).toContain('killed_total 8.5')
    })

    test('with old and new bounds side by side has the old ones in every process, until the last has gone', async () => {
      const old = await service.start('cluster')
      const fresh = [await service.start('cluster'), await service.start('cluster')]
      const observe = (here: Here, bounds: number[], x: string, times: number): void => {
        const { Histogram } = here.prom
        here.deployed ??= new Histogram({ name: 'deployed', help: 'h', labelNames: ['x'], buckets: bounds })
        for (let i = 0; i < times; i++) here.deployed.observe({ x }, 0.75)
      }
      const [BEFORE, AFTER] = [
        [1, 2],
        [0.5, 1, 5],
      ] as const
      await service.run(old, observe, [...BEFORE], 'a', 3)
      for (const to of fresh) await service.run(to, observe, [...AFTER], 'a', 4)
      // Of a set of labels that the new ones have first, the old one has its own, too.
      await service.run(fresh[0] as number[], observe, [...AFTER], 'b', 2)
      await service.run(old, observe, [...BEFORE], 'b', 1)
      await service.run(fresh[1] as number[], observe, [...AFTER], 'c', 6)
      const lines = (bounds: readonly number[], counts: Record<string, number>): string[] =>
        Object.entries(counts)
          .flatMap(([x, n]) => [
            ...bounds.map((le) => `deployed_bucket{le="${le}",x="${x}"} ${le < 0.75 ? 0 : n}`),
            `deployed_bucket{le="+Inf",x="${x}"} ${n}`,
            `deployed_sum{x="${x}"} ${n * 0.75}`,
            `deployed_count{x="${x}"} ${n}`,
          ])
          .sort()
      const all = [[], ...workers, old, ...fresh]
      for (const to of all) expect(await service.page(to, 'deployed')).toEqual(lines(BEFORE, { a: 3, b: 1 }))
      await service.run([], (here, number) => here.kill(number), old[0] as number)
      for (const to of [[], ...workers, ...fresh])
        expect(await service.page(to, 'deployed')).toEqual(lines(AFTER, { a: 8, b: 2, c: 6 }))
      const json = await service.run(
        fresh[0] as number[],
        async ({ prom }) => (await prom.register.getSingleMetric('deployed')?.get())?.values.length,
      )
      expect(json).toBe(3 * 6)
      // The old release comes back: its counts are another owner's by now, or where they were; every page says the same.
      const again = await service.start('cluster')
      await service.run(again, observe, [...BEFORE], 'a', 1)
      const pages = await Promise.all(
        [[], ...workers, ...fresh, again].map((to) => service.page(to, 'deployed')),
      )
      for (const page of pages) expect(page).toEqual(pages[0])
    })

    test('goes with clear()', async () => {
      for (const to of [...workers, []]) {
        await service.run(to, inc, 'cleared', '1', 1)
        await service.run(to, ({ prom }) => prom.register.clear())
      }
      expect(await service.page([], 'cleared')).toEqual([])
    })
  })
}
