import { PerCpuHistogram, PerCpuPool, PerCpuRing, Region, type RseqError } from 'rseq'
import { describe, expect, test } from 'vitest'
import { hasAddon, world } from '../../support/world'

interface Closable {
  close(): void
}

/** Makes one after the other until one is refused. */
function fill(make: () => Closable, most: number): { made: Closable[]; refused: RseqError | null } {
  const made: Closable[] = []
  try {
    while (made.length < most) made.push(make())
    return { made, refused: null }
  } catch (error) {
    return { made, refused: error as RseqError }
  }
}

function used(region: Region): [names: number, cells: number] {
  const { namesUsed, cellsUsed } = region.usage
  return [namesUsed, cellsUsed]
}

describe.skipIf(!hasAddon)(`as many objects as a process can have open, world ${world}`, () => {
  test('a region is full of histograms before the process is', () => {
    const region = Region.create({ memfd: true, cells: 8192 * 60 })
    const before = used(region)
    const { made, refused } = fill(() => new PerCpuHistogram({ region, buckets: [1] }), 100_000)
    expect(made.length).toBeGreaterThan(65_536)
    expect(refused?.code).toBe('ERR_RSEQ_REGION_FULL')
    const last = made.at(-1) as PerCpuHistogram
    last.record(1)
    expect(last.count).toBe(1)
    for (const one of made) one.close()
    expect(used(region)).toEqual(before)
    region.close()
  })

  test('more than 4,096 pools', () => {
    const before = used(Region.process)
    const { made } = fill(() => new PerCpuPool({ slots: 1 }), 5000)
    expect(made).toHaveLength(5000)
    const last = made.at(-1) as PerCpuPool
    expect(last.acquire()).toBe(0)
    last.release(0)
    for (const one of made) one.close()
    expect(used(Region.process)).toEqual(before)
  })

  test('what a process has no number for leaves nothing behind', () => {
    const region = Region.create({ memfd: true })
    const before = used(region)
    const shape = { region, fields: 1, capacity: 2, timestamp: false } as const
    const { made, refused } = fill(() => new PerCpuRing(shape), 70_000)
    const full = used(region)
    expect([made.length, refused?.code]).toEqual([65_536, 'ERR_RSEQ_REGION_LIMIT'])
    for (let i = 0; i < 10; i++) {
      expect(() => new PerCpuRing(shape)).toThrow(refused?.message)
      expect(() => PerCpuRing.named(`refused ${i}`, shape)).toThrow(/too many/)
    }
    expect(used(region)).toEqual(full)
    expect(region.list().filter(({ name }) => name?.startsWith('refused'))).toEqual([])
    for (const one of made) one.close()
    expect(used(region)).toEqual(before)
    region.close()
  })
})
