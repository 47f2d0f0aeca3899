import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PerCpuCounter, PerCpuHistogram, PerCpuPool, Region } from 'rseq'
import { afterAll, describe, expect, test } from 'vitest'

const script = join(import.meta.dirname, 'memory.mjs')
const { RSEQ_TEST_MOUNTS: _, ...env } = process.env

/** Who is not root may mount in a user namespace, or not at all. */
const how = process.geteuid?.() === 0 ? '-m' : '-rm'
const canMount = spawnSync('unshare', [how, 'mount', '-t', 'tmpfs', 'rseq', '/mnt']).status === 0

describe.skipIf(!canMount)('a file system that is full for a moment', () => {
  test.each(['existing', 'reads', 'names', 'losses', 'cuts'])('%s', (name) => {
    const { status, stdout } = spawnSync(process.execPath, [script, name], { encoding: 'utf8', env })
    expect({ status, failed: stdout.match(/^ {2}FAILED.*$/gm) }, stdout).toEqual({ status: 0, failed: null })
  })
})

describe('who only looks allocates nothing', () => {
  const folder = mkdtempSync('/dev/shm/rseq-looks-')
  afterAll(() => rmSync(folder, { recursive: true }))

  test('of a file in a tmpfs', () => {
    const file = join(folder, 'region')
    const region = Region.create({ file })
    const counters = Array.from({ length: 600 }, (_, i) => PerCpuCounter.named(`c${i}`, { region }))
    const times = PerCpuHistogram.named('times', { region })
    const pool = PerCpuPool.named('pool', { region, slots: 4096 })
    times.record(1)
    const bytes = () => statSync(file).blocks * 512
    const before = bytes()
    const seen = Region.attach(file, { readOnly: true })
    for (const where of [region, seen]) {
      expect(where.list().length).toBe(602)
      expect(where.processes().length).toBe(1)
      expect(where.usage).toMatchObject({ namesUsed: 602, lostWrites: 0 })
      expect(PerCpuCounter.named('c599', { region: where }).perCpu().length).toBeGreaterThan(1)
      expect(PerCpuHistogram.named('times', { region: where }).count).toBe(1)
      expect(PerCpuPool.named('pool', { region: where, slots: 4096 }).held).toBe(0)
    }
    expect(() => PerCpuCounter.named('nobody', { region: seen })).toThrow('reading only')
    expect(bytes()).toBe(before)
    // A counter has its pages before anything is counted.
    for (const counter of counters) counter.inc()
    expect(bytes()).toBe(before)
    pool.close()
  })
})
