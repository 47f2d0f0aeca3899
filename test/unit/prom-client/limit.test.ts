// `maxSeries`: sets of labels beyond it are counted together.
import { PerCpuCounter, PerCpuHistogram, Region } from 'rseq'
import type { CounterConfiguration } from 'rseq/prom-client'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Gauge as ProcessGauge } from '../../../lib/metrics/gauge.js'
import { shared, shownBy } from '../../support/prom-clients'
import { Service } from '../../support/prom-service'
import { hasAddon } from '../../support/world'

const { Counter, Gauge, Histogram, Registry, register, setRegion } = shared
let warnings: string[] = []
const onWarning = ({ code, message }: NodeJS.ErrnoException): unknown => warnings.push(`${code} ${message}`)
process.on('warning', onWarning)
afterAll(() => process.off('warning', onWarning))

let region: Region
beforeEach(async () => {
  // They come after the code that made them.
  await new Promise(setImmediate)
  warnings = []
  region = hasAddon ? Region.create({ memfd: true, cells: 8192 }) : Region.process
  setRegion(region)
})
afterEach(() => {
  register.clear()
  setRegion(Region.process)
  region.close()
})

const config = { help: 'h', labelNames: ['x'] }

describe('what it can be', () => {
  test.each([
    ['2', TypeError],
    [null, TypeError],
    [2n, TypeError],
    [0, RangeError],
    [-1, RangeError],
    [1.5, RangeError],
    [Number.NaN, RangeError],
    [Number.POSITIVE_INFINITY, RangeError],
  ])('not %s, and nothing is registered', (maxSeries, Class) => {
    for (const Metric of [Counter, Gauge, Histogram]) {
      const all = { ...config, name: 'a', maxSeries: maxSeries as number }
      expect(() => new Metric(all)).toThrow(Class)
      expect(() => new Metric(all)).toThrow(/maxSeries: expected an integer, 1 to 9007199254740991, received/)
    }
    expect(register.getMetricsAsArray()).toEqual([])
  })

  test('an option of its types', () => {
    const typed: CounterConfiguration<'x'> = { name: 'a', help: 'h', labelNames: ['x'], maxSeries: 3 }
    new Counter(typed).inc({ x: 1 })
    new Counter({ ...typed, name: 'b', maxSeries: undefined as never }).inc({ x: 1 })
  })
})

test('a counter’s further sets are counted together, with one warning', async () => {
  const counter = new Counter({ ...config, name: 'a', maxSeries: 2 })
  for (let i = 0; i < 5; i++) counter.inc({ x: i }, i)
  counter.inc({ x: 1 }, 0.5)
  counter.inc({ x: 4 }, 0.25)
  expect(await shownBy(register)).toEqual(['a{x="0"} 0', 'a{x="1"} 1.5', 'a{overflow="true"} 9.25'])
  expect(await counter.get()).toMatchObject({
    values: [
      { value: 0, labels: { x: 0 } },
      { value: 1.5, labels: { x: 1 } },
      { value: 9.25, labels: { overflow: 'true' } },
    ],
  })
  await new Promise(setImmediate)
  expect(warnings).toEqual([
    'RSEQ_MAX_SERIES rseq/prom-client: a has 2 sets of labels, which is its maxSeries: further ones are counted ' +
      'together as {overflow="true"}',
  ])
})

test('a gauge’s are, too: the last one set is what there is', async () => {
  const gauge = new Gauge({ ...config, name: 'a', maxSeries: 1 })
  for (let i = 0; i < 4; i++) gauge.set({ x: i }, i)
  gauge.labels('9').inc(10)
  gauge.labels('8').dec()
  expect(await shownBy(register)).toEqual(['a{x="0"} 0', 'a{overflow="true"} 12'])
  gauge.labels('7').set(5)
  expect(gauge.labels('7').startTimer()()).toBeGreaterThanOrEqual(0)
  expect((await shownBy(register)).length).toBe(2)
})

test('a histogram’s are: observe(), timers and zero()', async () => {
  const histogram = new Histogram({ ...config, name: 'a', buckets: [1], maxSeries: 1 })
  for (let i = 0; i < 3; i++) histogram.observe({ x: i }, i)
  histogram.zero({ x: 7 })
  histogram.labels('8').startTimer()()
  histogram.startTimer({ x: 9 })()
  const lines = await shownBy(register)
  expect(lines.filter((line) => line.startsWith('a_count'))).toEqual([
    'a_count{x="0"} 1',
    'a_count{overflow="true"} 4',
  ])
  expect(lines).toContain('a_bucket{le="+Inf",overflow="true"} 4')
})

test('a child beyond it counts there, and on its own once there is room', async () => {
  const counter = new Counter({ ...config, name: 'a', maxSeries: 1 })
  counter.inc({ x: 0 })
  const child = counter.labels('1')
  child.inc()
  counter.remove('0')
  child.inc(2)
  child.inc(4)
  counter.labels('2').inc(8)
  expect(await shownBy(register)).toEqual(['a{x="1"} 6', 'a{overflow="true"} 9'])
  counter.remove('3')
  expect(await shownBy(register)).toEqual(['a{x="1"} 6', 'a{overflow="true"} 9'])
})

test('reset() makes room', async () => {
  const counter = new Counter({ ...config, name: 'a', maxSeries: 1 })
  for (let i = 0; i < 3; i++) counter.inc({ x: i })
  counter.reset()
  expect(await shownBy(register)).toEqual([])
  for (let i = 3; i < 6; i++) counter.inc({ x: i })
  expect(await shownBy(register)).toEqual(['a{x="3"} 1', 'a{overflow="true"} 2'])
  register.clear()
  counter.inc({ x: 9 })
  expect((await counter.get()).values).toEqual([{ labels: { x: 9 }, value: 1 }])
})

test('what has no labels always counts', async () => {
  const counter = new Counter({ name: 'a', help: 'h', maxSeries: 1 })
  await register.metrics()
  counter.inc()
  counter.reset()
  counter.inc(2)
  expect(await shownBy(register)).toEqual(['a 2'])
})

test('a metric that has a label of that name', async () => {
  const labelNames = ['overflow', 'overflow_']
  const counter = new Counter({ name: 'a', help: 'h', labelNames, maxSeries: 1 })
  counter.inc({ overflow: 'true' })
  counter.inc({ overflow: 'false' })
  expect(await shownBy(register)).toEqual(['a{overflow="true"} 1', 'a{overflow__="true"} 1'])
})

test('sets that others have made keep their own', async () => {
  const labels = { x: 'theirs', 'rseq.scope': 'prom' }
  const theirs = PerCpuCounter.named('a', { region, labels })
  const samples = PerCpuHistogram.named('b', { region, labels, buckets: [1, 2] })
  theirs.add(5)
  samples.record(1)
  const counter = new Counter({ ...config, name: 'a', maxSeries: 1 })
  const histogram = new Histogram({ ...config, name: 'b', buckets: [1], maxSeries: 1 })
  for (const x of ['mine', 'theirs', 'nobody’s']) {
    counter.inc({ x })
    histogram.observe({ x }, 1)
  }
  const lines = await shownBy(register)
  expect(lines.filter((line) => line.startsWith('a'))).toEqual([
    'a{x="mine"} 1',
    'a{x="theirs"} 6',
    'a{overflow="true"} 1',
  ])
  // Nobody else has them any more: they are still there.
  theirs.close()
  expect(await shownBy(register)).toContain('a{x="theirs"} 6')
  samples.close()
})

test('a look tells how many others have made', async () => {
  const scope = { 'rseq.scope': 'prom' }
  const all = ['1', '2'].map((x) => PerCpuCounter.named('a', { region, labels: { ...scope, x } }))
  const gauges = ['1', '2'].map((x) => ProcessGauge.named('b', { region, labels: { ...scope, x } }))
  const counter = new Counter({ ...config, name: 'a', maxSeries: 2 })
  const gauge = new Gauge({ ...config, name: 'b', maxSeries: 2 })
  await register.metrics()
  for (const x of ['1', '3', '2']) {
    counter.inc({ x })
    gauge.set({ x }, 1)
  }
  expect(await shownBy(register)).toEqual([
    'a{x="1"} 1',
    'a{x="2"} 1',
    'a{overflow="true"} 1',
    'b{x="1"} 1',
    'b{x="2"} 1',
    'b{overflow="true"} 1',
  ])
  for (const one of [...all, ...gauges]) one.close()
})

test('beyond it, nothing is kept of sets that are counted together', () => {
  const counter = new Counter({ ...config, name: 'a', maxSeries: 1 })
  counter.inc({ x: 'first' })
  counter.inc({ x: 'second' })
  const { namesUsed } = region.usage
  for (let i = 0; i < 10_000; i++) counter.inc({ x: i })
  expect(region.usage.namesUsed).toBe(namesUsed)
  expect(counter.labels('x')).not.toBe(counter.labels('x'))
})

test('what is of each process alone has none, and says so', async () => {
  const registry = new Registry()
  new Counter({ ...config, name: 'a', aggregator: 'max', maxSeries: 1, registers: [registry] }).inc({ x: 1 })
  await new Promise(setImmediate)
  expect(warnings).toEqual([expect.stringContaining('a is of each process alone: it has no maxSeries')])
})

if (hasAddon) {
  test('processes of a service', async () => {
    const service = new Service()
    const one = await service.start('cluster')
    const two = await service.start('cluster')
    const use = ({ prom }: { prom: typeof shared }, from: number): void => {
      const known = prom.register.getSingleMetric('a') as InstanceType<typeof prom.Counter> | undefined
      const counter = known ?? new prom.Counter({ name: 'a', help: 'h', labelNames: ['x'], maxSeries: 2 })
      for (let x = from; x < from + 4; x++) counter.inc({ x })
    }
    await service.run(one, use, 0)
    const page = await service.run(two, async ({ prom }) => {
      new prom.Counter({ name: 'a', help: 'h', labelNames: ['x'], maxSeries: 2 })
      return prom.register.metrics()
    })
    expect(page.split('\n').length).toBe(2 + 3 + 1)
    await service.run(two, use, 1)
    // It has seen that there is no room. What the other one has made is there.
    const lines = (await service.page(one, 'a')).sort()
    expect(lines).toEqual(['a{overflow="true"} 5', 'a{x="0"} 1', 'a{x="1"} 2'])
    await service.end()
  })
}
