// A directory's lock that another process keeps: what waits, what is counted meanwhile, and where it goes afterwards.
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AggregationTemporality, MetricReader } from '@opentelemetry/sdk-metrics'
import { PerCpuCounter, PerCpuSum, Region } from 'rseq'
import { MeterProvider } from 'rseq/opentelemetry'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { shared, shownBy } from '../support/prom-clients'
import { helpers } from '../support/world'

const { Counter, Gauge, Histogram, Registry, setRegion } = shared as typeof import('rseq/prom-client')

class Reader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

const folder = mkdtempSync(join(tmpdir(), 'rseq-stopped-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What one wait takes, and what it took before; much more than a busy machine adds to the one. */
const LONG = 1500

let region: Region
let registry: InstanceType<typeof Registry>
let files = 0
let lock: number | null = null

/** As a process that is stopped with the lock: what locks is an open file, not a process. */
function keepLock(): void {
  lock = openSync(region.path as string, 'r+')
  expect(helpers.lockByte(lock)).toBe(0)
}

function giveLock(): void {
  if (lock !== null) closeSync(lock)
  lock = null
}

const inRegion = (): string[] => region.list().map(({ name }) => name as string)
const inProcess = (): string[] =>
  Region.process.list().flatMap(({ name }) => (name?.startsWith('stopped_') ? [name] : []))

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await sleep(20)
  expect(condition()).toBe(true)
}

function milliseconds(work: () => unknown): number {
  const began = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - began) / 1e6
}

beforeEach(() => {
  region = Region.create({ file: join(folder, `${++files}`), cells: 8192 })
  setRegion(region)
  registry = new Registry()
})
afterEach(() => {
  giveLock()
  registry.clear()
  region.close()
})

describe('while the lock is kept', () => {
  const define = (labelNames: string[]) => ({
    counter: new Counter({ name: 'stopped_total', help: 'h', labelNames, registers: [registry] }),
    gauge: new Gauge({ name: 'stopped_gauge', help: 'h', labelNames, registers: [registry] }),
    took: new Histogram({
      name: 'stopped_took',
      help: 'h',
      labelNames,
      buckets: [1, 2],
      registers: [registry],
    }),
  })

  test('the first new label set waits a moment, all others and a page not at all', async () => {
    const { counter, gauge, took } = define(['x'])
    keepLock()
    expect(milliseconds(() => counter.inc({ x: 'first' }))).toBeLessThan(LONG)
    const all = milliseconds(() => {
      for (let i = 0; i < 50; i++) {
        counter.inc({ x: `${i}` })
        gauge.set({ x: `${i}` }, i)
        took.observe({ x: `${i}` }, i)
      }
    })
    expect(all).toBeLessThan(LONG)
    const began = performance.now()
    expect(await shownBy(registry)).toHaveLength(1 + 50 + 50 + 50 * 5)
    expect(performance.now() - began).toBeLessThan(LONG)
    expect(inRegion()).toEqual([])
  })

  test('what is counted is on the page, and moves to the region when the lock comes free', async () => {
    const { counter, gauge, took } = define(['x'])
    counter.inc({ x: 'before' }, 3)
    keepLock()
    const count = (): void => {
      counter.inc({ x: 'a' }, 2 ** 53 - 1)
      counter.inc({ x: 'a' }, 0.5)
      counter.inc({ x: 'before' }, 0.25)
      gauge.labels('a').inc(2)
      gauge.set({ x: 'b' }, -0.5)
      for (const value of [0.5, 2, 7]) took.observe({ x: 'a' }, value)
    }
    count()
    const page = [
      'stopped_total{x="before"} 3.25',
      'stopped_total{x="a"} 9007199254740992',
      'stopped_gauge{x="a"} 2',
      'stopped_gauge{x="b"} -0.5',
      'stopped_took_bucket{le="1",x="a"} 1',
      'stopped_took_bucket{le="2",x="a"} 2',
      'stopped_took_bucket{le="+Inf",x="a"} 3',
      'stopped_took_sum{x="a"} 9.5',
      'stopped_took_count{x="a"} 3',
    ]
    expect(await shownBy(registry)).toEqual(page)
    const child = counter.labels('a')
    giveLock()
    // On each page once, whenever that is.
    for (let i = 0; i < 200 && inProcess().length > 0; i++) {
      await sleep(20)
      expect(await shownBy(registry)).toEqual(page)
    }
    expect(inProcess()).toEqual([])
    expect(inRegion().sort()).toEqual([
      'stopped_gauge',
      'stopped_gauge',
      'stopped_took',
      'stopped_total',
      'stopped_total',
      'stopped_total',
      'stopped_total',
    ])
    // Whoever has it counts on there.
    child.inc(1)
    gauge.labels('a').dec(4)
    took.observe({ x: 'a' }, 0.5)
    const later = await shownBy(registry)
    expect(later).toContain('stopped_gauge{x="a"} -2')
    expect(later).toContain('stopped_took_count{x="a"} 4')
    const labels = { x: 'a', 'rseq.scope': region.list()[0]?.labels['rseq.scope'] as string }
    const same = PerCpuCounter.named('stopped_total', { region, labels })
    expect(same.valueBigInt).toBe(2n ** 53n)
    same.close()
  })

  test('what is removed, or set apart, is not moved', async () => {
    const { counter, gauge } = define(['x'])
    keepLock()
    counter.inc({ x: 'removed' })
    counter.inc({ x: 'again' }, 5)
    counter.remove('removed')
    counter.remove('again')
    counter.inc({ x: 'again' }, 2)
    gauge.set({ x: 'apart' }, 1)
    registry.removeSingleMetric('stopped_gauge')
    gauge.set({ x: 'apart' }, 2)
    giveLock()
    await until(() => inRegion().length > 0)
    await sleep(50)
    expect(await shownBy(registry)).toEqual(['stopped_total{x="again"} 2'])
    expect(inRegion()).toEqual(['stopped_total'])
    expect(inProcess()).toEqual(['stopped_gauge'])
    gauge.remove('apart')
  })

  test('what has another kind there by then stays where it is, and is on the page', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const { counter } = define(['x'])
    keepLock()
    counter.inc({ x: 'kind' }, 2)
    const spilled = Region.process.list().find(({ labels }) => labels.x === 'kind')?.labels ?? {}
    // In the process, the scope says of which region it is.
    const scope = spilled['rseq.scope']?.replace(/^prom:spilled:[^:]+:/, '') ?? ''
    const labels = { ...spilled, 'rseq.scope': scope }
    giveLock()
    const other = PerCpuSum.named('stopped_total', { region, labels })
    await until(() => warnings.mock.calls.some(([text]) => /of this process alone\. .*kind/.test(`${text}`)))
    warnings.mockRestore()
    counter.inc({ x: 'kind' }, 2)
    expect(await shownBy(registry)).toEqual(['stopped_total{x="kind"} 4'])
    expect(inRegion()).toEqual(['stopped_total'])
    other.close()
  })
})

test('what OpenTelemetry measures while the lock is kept moves to the region, and is read then', async () => {
  const reader = new Reader({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE })
  const provider = new MeterProvider({ region, readers: [reader] })
  const meter = provider.getMeter('stopped')
  const counter = meter.createCounter('stopped_count')
  const upDown = meter.createUpDownCounter('stopped_level')
  const gauge = meter.createGauge('stopped_last')
  const took = meter.createHistogram('stopped_span', { advice: { explicitBucketBoundaries: [1, 2] } })
  meter.createObservableGauge('stopped_seen').addCallback((result) => result.observe(5))
  const values = async (): Promise<unknown> => {
    const { resourceMetrics } = await reader.collect()
    const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)
    return Object.fromEntries(all.map((one) => [one.descriptor.name, one.dataPoints[0]?.value]))
  }
  await reader.collect()
  const before = inRegion().length
  keepLock()
  const duration = milliseconds(() => {
    for (let i = 0; i < 20; i++) {
      counter.add(2, { x: i })
      counter.add(0.5, { x: i })
      upDown.add(-i, { x: i })
      gauge.record(i, { x: i })
      for (const value of [0.5, 1.5, 7]) took.record(value, { x: i })
    }
  })
  expect(duration).toBeLessThan(LONG)
  await reader.collect()
  expect(inRegion().length).toBe(before)
  giveLock()
  await until(() => inProcess().length === 0 && inRegion().length === before + 20 * 5)
  counter.add(1, { x: 0 })
  took.record(1, { x: 0 })
  expect(await values()).toEqual({
    stopped_count: 3.5,
    stopped_level: 0,
    stopped_last: 0,
    stopped_seen: 5,
    stopped_span: {
      buckets: { boundaries: [1, 2], counts: [2, 1, 1] },
      count: 4,
      sum: 10,
      min: 0.5,
      max: 7,
    },
  })
  await provider.shutdown()
})
