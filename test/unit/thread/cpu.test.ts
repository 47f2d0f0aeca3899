import * as rseq from 'rseq'
import { cpuId, getcpu, mmCid, nodeId, RseqError, schedGetcpu, status } from 'rseq'
import { describe, expect, test } from 'vitest'
import { hasAddon, hasRseq, helpers, world } from '../../support/world'

const possible = status().cpus.possible

function isCpu(cpu: number): boolean {
  return Number.isInteger(cpu) && cpu >= 0 && cpu < possible
}

if (hasAddon)
  describe(`reads, world ${world}`, () => {
    test('every way of asking gives the CPU that the thread is pinned to', () => {
      for (const cpu of [0, 1, 0]) {
        if (cpu >= status().cpus.online) continue
        expect(helpers.pin(0, cpu)).toBe(0)
        expect(cpuId()).toBe(cpu)
        expect(schedGetcpu()).toBe(cpu)
        expect(getcpu().cpu).toBe(cpu)
      }
    })

    test('numbers are in range, many times over', () => {
      for (let i = 0; i < 100_000; i++) if (!isCpu(cpuId())) throw new Error(`cpuId() ${cpuId()}`)
      expect(isCpu(schedGetcpu())).toBe(true)
      const { cpu, node } = getcpu()
      expect(isCpu(cpu)).toBe(true)
      expect(node).toBeGreaterThanOrEqual(0)
    })

    test('nodeId agrees with the getcpu system call', () => {
      expect(nodeId()).toBe(getcpu().node)
      expect(nodeId()).toBe(getcpu().node)
    })
  })

if (hasRseq)
  test('mmCid is below the number of possible CPUs', () => {
    if (!status().features.mmCid) {
      expect(() => mmCid()).toThrow(expect.objectContaining({ code: 'ERR_RSEQ_FEATURE' }))
      return
    }
    for (let i = 0; i < 100_000; i++) {
      const id = mmCid()
      if (!(id >= 0 && id < possible)) throw new Error(`mmCid() ${id}`)
    }
  })

if (!hasRseq)
  test('mmCid throws ERR_RSEQ_FEATURE where the thread has no area', () => {
    expect(() => mmCid()).toThrow(RseqError)
    expect(() => mmCid()).toThrow(expect.objectContaining({ code: 'ERR_RSEQ_FEATURE' }))
  })

if (!hasAddon)
  test('without an addon every CPU number throws ERR_RSEQ_NO_CPU and says why', () => {
    for (const read of [cpuId, nodeId, schedGetcpu, getcpu]) {
      expect(read).toThrow(RseqError)
      expect(read).toThrow(expect.objectContaining({ code: 'ERR_RSEQ_NO_CPU' }))
      expect(read).toThrow(/npm run build/)
      expect(read).toThrow(`${read.name}: `)
    }
  })

// It would outlive the thread, and whoever writes to it corrupts what the kernel reads.
test('nothing that the package gives away has a view over the thread’s area', () => {
  const { PerCpuBatch, PerCpuCounter, PerCpuHistogram, PerCpuPool, PerCpuRing, PerCpuSum } = rseq
  const counter = new PerCpuCounter()
  const objects = [
    counter,
    new PerCpuSum(),
    new PerCpuHistogram(),
    new PerCpuPool({ slots: 1, slotBytes: 64 }),
    new PerCpuRing(),
    new PerCpuBatch([counter]),
    rseq.status(),
    ...(hasRseq ? [new rseq.PreemptionProbe()] : []),
  ]
  const seen = new Set<unknown>()
  const found: string[] = []
  const walk = (value: unknown, path: string): void => {
    if (!value || !['object', 'function'].includes(typeof value) || seen.has(value)) return
    seen.add(value)
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) found.push(path)
    for (const key of Reflect.ownKeys(value)) {
      const property = Reflect.getOwnPropertyDescriptor(value, key)
      for (const part of [property?.value, property?.get]) walk(part, `${path}.${String(key)}`)
    }
    const above = Object.getPrototypeOf(value)
    if (![Object.prototype, Function.prototype].includes(above)) walk(above, `${path}.__proto__`)
  }
  walk({ ...rseq, objects }, 'rseq')
  expect(found).toEqual([])
  expect(seen.size).toBeGreaterThan(objects.length)
})
