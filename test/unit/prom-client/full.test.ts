// Where there is no room: not in the region, and not in the process's own memory either.
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { PerCpuCounter, PerCpuHistogram, Region } from 'rseq'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { parsed } from '../../support/exposition'
import { shared, shownBy } from '../../support/prom-clients'
import { hasAddon } from '../../support/world'

const { Counter, Gauge, Histogram, Registry, setRegion } = shared
const warnings: string[] = []
const onWarning = ({ code, message }: NodeJS.ErrnoException): unknown => warnings.push(`${code} ${message}`)
process.on('warning', onWarning)
afterAll(() => process.off('warning', onWarning))

const BOUNDS = Array.from({ length: 4096 }, (_, i) => i)
const held: { close(): void }[] = []
afterEach(() => {
  for (const one of held.splice(0)) one.close()
  setRegion(Region.process)
})

/** Takes all cells and names that are free. */
function fill(region: Region): void {
  const isFull = expect.objectContaining({ code: 'ERR_RSEQ_REGION_FULL' })
  for (const make of [
    () => new PerCpuHistogram({ region, buckets: BOUNDS }),
    () => new PerCpuHistogram({ region, buckets: BOUNDS.slice(0, 64) }),
    () => new PerCpuCounter({ region }),
  ]) {
    expect(() => {
      for (;;) held.push(make())
    }).toThrow(isFull)
  }
}

const sumOf = (lines: string[], beginning: string): number =>
  lines
    .filter((line) => line.startsWith(beginning))
    .reduce((sum, line) => sum + Number(line.split(' ')[1]), 0)

describe('no room anywhere', () => {
  test('everything is counted, exactly, and shown; one warning says where', async () => {
    const region = hasAddon ? Region.create({ memfd: true, cells: 8192 }) : Region.process
    setRegion(region)
    const registry = new Registry()
    const config = { help: 'h', labelNames: ['x'], registers: [registry] }
    const counter = new Counter({ ...config, name: 'c' })
    const gauge = new Gauge({ ...config, name: 'g' })
    const histogram = new Histogram({ ...config, name: 'h', buckets: [0, 1] })
    counter.inc({ x: 'before' })
    fill(region)
    if (hasAddon) fill(Region.process)
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 100; i++) {
        counter.inc({ x: i })
        counter.inc({ x: i }, 0.5)
        counter.labels(String(i)).inc(2)
        gauge.set({ x: i }, i)
        gauge.inc({ x: i })
        histogram.observe({ x: i }, i % 3)
      }
    }
    counter.inc({ x: 'before' }, 0.25)
    const lines = await shownBy(registry)
    expect(lines).toContain('c{x="before"} 1.25')
    expect(lines).toContain('c{x="7"} 7')
    expect(lines).toContain('g{x="7"} 8')
    expect(lines).toContain('h_bucket{le="0",x="7"} 0')
    expect(lines).toContain('h_bucket{le="1",x="7"} 2')
    const sums = ['c{', 'g{', 'h_count', 'h_sum'].map((beginning) => sumOf(lines, beginning))
    expect(sums).toEqual([701.25, 5050, 200, 198])
    for (let i = 0; i < 2; i++) {
      const page = await registry.metrics()
      expect(parsed(page, 'prometheus').get('c')?.samples.length).toBe(101)
    }
    const json = await counter.get()
    expect(json.values.reduce((sum, { value }) => sum + value, 0)).toBe(701.25)
    await new Promise(setImmediate)
    const said = warnings.filter((line) => line.includes('new series are of'))
    expect(said.map((line) => line.split(':')[1]?.split('.')[0])).toEqual([
      ...(hasAddon ? [' new series are of this process alone'] : []),
      ' new series are of their thread alone',
    ])
    for (const line of said) expect(line).toMatch(/^ERR_RSEQ_REGION_FULL /)
    counter.remove('7')
    histogram.zero({ x: '7' })
    expect(sumOf(await shownBy(registry), 'c{')).toBe(694.25)
    expect(await shownBy(registry)).toContain('h_count{x="7"} 0')
    for (const metric of [counter, gauge, histogram]) metric.reset()
    expect((await shownBy(registry)).filter((line) => /^[cgh]/.test(line))).toEqual([])
    // A metric that is made now is prom-client's own.
    const late = new Counter({ ...config, name: 'l' })
    for (let i = 0; i < 3; i++) late.inc({ x: i })
    expect(sumOf(await shownBy(registry), 'l{')).toBe(3)
    registry.clear()
    if (hasAddon) region.close()
  })

  test('once there is room, new series have their place', async () => {
    const region = hasAddon ? Region.create({ memfd: true, cells: 8192 }) : Region.process
    setRegion(region)
    const registry = new Registry()
    const counter = new Counter({ name: 'c', help: 'h', labelNames: ['x'], registers: [registry] })
    counter.inc({ x: 'before' })
    fill(region)
    counter.inc({ x: 'full' })
    for (const one of held.splice(0)) one.close()
    await new Promise((resolve) => setTimeout(resolve, 150))
    counter.inc({ x: 'after' })
    const names = region.list().filter(({ name }) => name === 'c')
    expect(names.map(({ labels }) => labels.x).sort()).toEqual(['after', 'before'])
    expect((await shownBy(registry)).sort()).toEqual(['c{x="after"} 1', 'c{x="before"} 1', 'c{x="full"} 1'])
    registry.clear()
    if (hasAddon) region.close()
  })
})

describe('what another thread has spilled', () => {
  const script = `
    const { createRequire } = require('node:module')
    const { parentPort, workerData } = require('node:worker_threads')
    const load = createRequire(workerData.from)
    const { Region } = load('rseq')
    const { Counter, Gauge, Histogram, setRegion } = load('rseq/prom-client')
    setRegion(workerData.path === null ? Region.process : Region.attach(workerData.path))
    const counter = new Counter({ name: 'spilled_c', help: 'h', labelNames: ['x'] })
    for (let x = 0; x < 3000; x++) counter.inc({ x })
    for (let x = 0; x < 100; x++) counter.inc({ x }, 0.5)
    const gauge = new Gauge({ name: 'spilled_g', help: 'h', labelNames: ['x'] })
    const histogram = new Histogram({ name: 'spilled_h', help: 'h', labelNames: ['x'], buckets: [0, 1] })
    const unknown = new Counter({ name: 'spilled_unknown', help: 'h', labelNames: ['x'] })
    for (let x = 0; x < 50; x++) {
      gauge.set({ x }, 2)
      histogram.observe({ x }, 1)
      unknown.inc({ x })
    }
    parentPort.once('message', () => process.exit())
    parentPort.postMessage('counted')`

  /** The module as somebody has it who loads it a second time, with a prom-client of its own. */
  function freshCopy(path: string | null): typeof shared {
    const require = createRequire(import.meta.url)
    for (const path of Object.keys(require.cache))
      if (/\/(lib|node_modules\/prom-client)\//.test(path)) delete require.cache[path]
    const copy = require('rseq') as typeof import('rseq')
    const again = require('rseq/prom-client') as typeof shared
    again.setRegion(path === null ? copy.Region.process : copy.Region.attach(path))
    return again
  }

  async function spilling(path: string | null): Promise<Worker> {
    const worker = new Worker(script, { eval: true, workerData: { path, from: import.meta.url } })
    await once(worker, 'message')
    return worker
  }

  async function ended(worker: Worker): Promise<void> {
    const exit = once(worker, 'exit')
    worker.postMessage('end')
    await exit
  }

  const totals = (lines: string[]): number[] =>
    ['spilled_c{', 'spilled_g{', 'spilled_h_count', 'spilled_unknown{'].map((beginning) =>
      sumOf(lines, beginning),
    )

  test('is on the pages of this one, which resets it; and on those of another copy of the module', async () => {
    const region = hasAddon ? Region.create({ memfd: true, cells: 8192 }) : Region.process
    setRegion(region)
    const config = { help: 'h', labelNames: ['x'] }
    const counter = new Counter({ ...config, name: 'spilled_c' })
    const gauge = new Gauge({ ...config, name: 'spilled_g' })
    const histogram = new Histogram({ ...config, name: 'spilled_h', buckets: [0, 1] })
    expect(totals(await shownBy(shared.register))).toEqual([0, 0, 0, 0])
    const worker = await spilling(region.path)
    if (hasAddon) expect(() => new PerCpuCounter({ region })).toThrow('no free cell')
    expect(totals(await shownBy(shared.register))).toEqual([3050, 100, 50, 50])
    // What this thread has spilled itself is a row with what the other one has.
    counter.inc({ x: 2999 })
    expect(await shownBy(shared.register)).toContain('spilled_c{x="2999"} 2')
    const { values } = await gauge.get()
    expect(values).toHaveLength(50)

    const again = freshCopy(region.path)
    expect(totals(await shownBy(again.register))).toEqual([3051, 100, 50, 50])

    // Gauges are their own thread's to reset.
    for (const metric of [counter, histogram]) metric.reset()
    expect(totals(await shownBy(shared.register))).toEqual([0, 100, 0, 50])
    expect(totals(await shownBy(again.register))).toEqual([0, 100, 0, 50])
    await ended(worker)
    for (const registry of [shared.register, again.register]) registry.clear()
    if (hasAddon) region.close()
  })

  test('is on no page of another region', async () => {
    if (!hasAddon) return
    const region = Region.create({ memfd: true, cells: 8192 })
    const worker = await spilling(region.path)
    for (const other of [Region.process, Region.create({ memfd: true, cells: 8192 })]) {
      setRegion(other)
      const counter = new Counter({ name: 'spilled_c', help: 'h', labelNames: ['x'] })
      counter.inc({ x: 1 })
      expect(await counter.get()).toMatchObject({ values: [{ value: 1 }] })
      expect(totals(await shownBy(shared.register))).toEqual([1, 0, 0, 0])
      shared.register.clear()
      other.close()
    }
    await ended(worker)
    region.close()
  })
})
