// How often turns of event loops are interrupted, on the page of a service.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Region, status } from 'rseq'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { samples, shared } from '../../support/prom-clients'
import { type Here, Service } from '../../support/prom-service'
import { built, hasAddon, helpers, root, world } from '../../support/world'

const { collectPreemptionMetrics, Counter, Registry, setRegion } = shared
const call = collectPreemptionMetrics as (options: unknown) => unknown
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const regions: Region[] = []

function fresh(): InstanceType<typeof Registry> {
  const region = hasAddon ? Region.create({ memfd: true, cells: 8192 }) : Region.process
  if (hasAddon) regions.push(region)
  setRegion(region)
  return new Registry()
}

afterEach(() => {
  vi.restoreAllMocks()
  for (const region of regions.splice(0)) region.close()
})

/** A page's numbers, by what stands before them. */
const numbersOf = (lines: readonly string[]): Record<string, number> =>
  Object.fromEntries(lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.replace(/.* /, ''))]))

test('wrong options throw, and nothing is registered', () => {
  const register = fresh()
  for (const wrong of [null, 5])
    expect(() => call(wrong)).toThrow(/^collectPreemptionMetrics options: expected an object, received /)
  expect(() => call({ register, resolution: '1' })).toThrow(TypeError)
  expect(() => call({ register, resolution: -1 })).toThrow(RangeError)
  for (const wrong of [{}, null]) expect(() => call({ register: wrong })).toThrow(/expected a Registry/)
  for (const wrong of [5, null]) expect(() => call({ register, prefix: wrong })).toThrow(TypeError)
  for (const wrong of [5, null]) expect(() => call({ register, labels: wrong })).toThrow(TypeError)
  expect(register.getMetricsAsArray()).toEqual([])
})

if (!hasAddon)
  test(`world ${world}: without the addon it warns once, and registers nothing`, () => {
    const register = fresh()
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    for (let i = 0; i < 2; i++) collectPreemptionMetrics({ register }).stop()
    expect(warned.mock.calls).toEqual([
      [
        expect.stringMatching(/^rseq\/prom-client: preemptions are not counted\. .*npm run build/),
        { code: 'ERR_RSEQ_FEATURE' },
      ],
    ])
    expect(register.getMetricsAsArray()).toEqual([])
  })

if (hasAddon)
  describe(`collectPreemptionMetrics, world ${world}`, () => {
    test('counts turns and moves, until it is stopped', async () => {
      const register = fresh()
      const options = { register, prefix: 'my_', labels: { app: 'a', shard: 3 } }
      const metrics = collectPreemptionMetrics(options)
      const moves = status().cpus.online > 1 ? 6 : 0
      helpers.pin(0, 0)
      await turn()
      await turn()
      for (let i = 1; i <= 6; i++) {
        if (moves > 0) helpers.pin(0, i % 2)
        await turn()
      }
      metrics.stop()
      const text = await register.metrics()
      expect(text).toContain('# TYPE my_nodejs_eventloop_turn_preemptions histogram')
      expect(text).toContain('# TYPE my_nodejs_cpu_migrations_total counter')
      const page = numbersOf(samples(text))
      const labels = 'app="a",shard="3"'
      const of = (name: string, more = ''): number =>
        page[`my_nodejs_eventloop_turn_preemptions${name}{${more}${labels}}`] as number
      const turns = of('_count')
      expect(turns).toBeGreaterThanOrEqual(7)
      const migrations = page[`my_nodejs_cpu_migrations_total{${labels}}`] as number
      expect(migrations).toBeGreaterThanOrEqual(moves)
      expect(migrations).toBeLessThanOrEqual(moves + 1)
      const bounds = [0, 1, 2, 5, 10, 20, 50, 100, '+Inf'].map((le) => of('_bucket', `le="${le}",`))
      expect(bounds.at(-1)).toBe(turns)
      expect(bounds).toEqual([...bounds].sort((a, b) => a - b))
      expect(of('_sum')).toBeGreaterThanOrEqual(turns - (bounds[0] as number))
      for (let i = 0; i < 5; i++) await turn()
      metrics.stop()
      expect(samples(await register.metrics())).toEqual(samples(text))
      // As with prom-client's default metrics, a registry has them once.
      expect(() => collectPreemptionMetrics(options)).toThrow(/has already been registered/)
      expect(register.getMetricsAsArray()).toHaveLength(2)
    })

    test('registers both or none', () => {
      const register = fresh()
      new Counter({ name: 'nodejs_cpu_migrations_total', help: 'mine', registers: [register] })
      expect(() => collectPreemptionMetrics({ register })).toThrow(/has already been registered/)
      expect(register.getMetricsAsArray().map(({ help }) => help)).toEqual(['mine'])
    })
  })

if (world === 'default') {
  test('where the kernel denies its count, a service goes on, with one warning', async () => {
    const script = `const { parentPort, workerData } = require('node:worker_threads')
      const { collectPreemptionMetrics, register } = require('rseq/prom-client')
      const warnings = []
      process.emitWarning = (text) => warnings.push(text)
      const denied = require(workerData).denyGetrusage(1)
      for (let i = 0; i < 2; i++) collectPreemptionMetrics().stop()
      parentPort.postMessage([denied, warnings, register.getMetricsAsArray().length])`
    const worker = new Worker(script, { eval: true, workerData: join(built, 'helpers.node') })
    const exited = once(worker, 'exit')
    const [said] = await once(worker, 'message')
    await exited
    expect(said).toEqual([
      0,
      [expect.stringMatching(/^rseq\/prom-client: preemptions are not counted\. .*getrusage/)],
      0,
    ])
  })

  test('all threads and processes of a service are together, on its page and in rseq top', async () => {
    const service = new Service()
    try {
      const begin = (here: Here): void => {
        here.metrics = here.prom.collectPreemptionMetrics()
      }
      const end = async (here: Here): Promise<void> => {
        // Some turns, one of them with much to do.
        const begun = performance.now()
        while (performance.now() - begun < 20);
        for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
        here.metrics.stop()
      }
      const everywhere: number[][] = []
      for (const how of [null, 'cluster', 'fork', 'thread'] as const) {
        const to = how === null ? [] : await service.start(how)
        await service.run(to, begin)
        everywhere.push(to)
      }
      for (const to of everywhere) await service.run(to, end)
      const pages = await Promise.all(everywhere.map((to) => service.page(to, 'nodejs_')))
      const [page] = pages as [string[]]
      for (const other of pages) expect(other).toEqual(page)
      const numbers = numbersOf(page)
      const turns = numbers.nodejs_eventloop_turn_preemptions_count as number
      expect(turns).toBeGreaterThanOrEqual(40)

      const path = await service.run([], ({ Region }) => Region.service.path as string)
      const command = join(root, 'lib', 'cli', 'rseq.js')
      const args = [command, 'top', '--once', '--json', path]
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      expect([stderr, status]).toEqual(['', 0])
      const { metrics } = JSON.parse(stdout) as { metrics: { name: string }[] }
      const find = (name: string) => metrics.find((one) => one.name === name)
      expect(find('nodejs_eventloop_turn_preemptions')).toMatchObject({
        kind: 'histogram',
        count: turns,
        sum: numbers.nodejs_eventloop_turn_preemptions_sum,
        buckets: expect.arrayContaining([
          [0, numbers['nodejs_eventloop_turn_preemptions_bucket{le="0"}']],
          ['+Inf', turns],
        ]),
        percentiles: { 50: expect.any(Number), 99: expect.any(Number) },
      })
      expect(find('nodejs_cpu_migrations_total')).toMatchObject({
        kind: 'counter',
        value: numbers.nodejs_cpu_migrations_total,
      })
    } finally {
      service.end()
    }
  })
}
