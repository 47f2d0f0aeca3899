// Where there is no room: not in the region, and not in the process's own memory either.
import { PerCpuCounter, PerCpuHistogram, Region } from 'rseq'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { parsed } from './exposition'
import { shared, shownBy } from './prom-clients'
import { hasAddon } from './world'

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
