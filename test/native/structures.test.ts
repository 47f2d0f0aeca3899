import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Row } from '../../src/ts/cli/bench/result'

const SCRIPT = join(import.meta.dirname, '..', '..', 'bench', 'structures.mjs')
const scratch = mkdtempSync(join(tmpdir(), 'rseq-structures-'))
afterAll(() => rmSync(scratch, { recursive: true }))

/** Nanoseconds of rows, by id and the number of workers. */
const GOOD = {
  pool: {
    'pool 1': 10,
    'free-list 1': 20,
    'free-list-64 1': 100,
    'pool 2': 5,
    'free-list 2': 20,
    'alloc-unsafe 1': 1000,
  },
  ring: {
    'js-empty-fast': 4,
    'c-empty': 0.5,
    'c-clock': 20.5,
    write: 12,
    'write-time': 34,
    'write-received': 40,
    'write-bytes': 40,
    atomics: 30,
    post: 1500,
    'post-received': 3000,
    pino: 800,
  },
}

let files = 0

/** A file as `rseq bench` writes it. */
function resultOf({ pool, ring }: typeof GOOD): string {
  const rows = (figures: Record<string, number>) =>
    Object.entries(figures).map(([key, median]): Row => {
      const [id = '', workers] = key.split(' ')
      const ns = { median, low: median, high: median, samples: 9 }
      return { id, label: id, kind: 'ours', ns, ...(workers !== undefined && { workers: Number(workers) }) }
    })
  const questions = [
    { name: 'pool', rows: rows(pool) },
    { name: 'ring', rows: rows(ring) },
  ]
  const file = join(scratch, `${files++}.json`)
  writeFileSync(file, JSON.stringify({ quick: true, noise: { quiet: true }, machine: {}, questions }))
  return file
}

function judged(...args: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return { stdout, status }
}

test('what is within all limits passes', () => {
  const { stdout, status } = judged(resultOf(GOOD))
  expect(stdout.match(/ PASS /g)).toHaveLength(5)
  expect(stdout).toMatch(/^ +0\.50 ≤ 0\.6 +PASS +pool, acquire/m)
  expect(stdout).toMatch(/^ +4\.00 ≥ 3 +PASS +pool, throughput/m)
  expect(stdout).toMatch(/^ +3\.00 ≤ 4 +PASS +ring, write of 3/m)
  expect(stdout).toMatch(/^ +0\.85 ≤ 1 +PASS +ring, write with time/m)
  expect(stdout).toMatch(/^ +125\.00 ≥ 20 +PASS +ring, throughput of write without time by postMessage/m)
  expect(stdout).toMatch(/^ +1\.10 +ring, what time adds/m)
  expect(status).toBe(0)
})

test.each([
  ['pool, acquire', { pool: { ...GOOD.pool, 'pool 1': 12.5 }, ring: GOOD.ring }],
  ['pool, throughput', { pool: { ...GOOD.pool, 'pool 2': 7 }, ring: GOOD.ring }],
  ['ring, write of 3', { pool: GOOD.pool, ring: { ...GOOD.ring, write: 17 } }],
  ['ring, write with time', { pool: GOOD.pool, ring: { ...GOOD.ring, 'write-time': 41 } }],
  ['ring, throughput of write without', { pool: GOOD.pool, ring: { ...GOOD.ring, post: 230 } }],
])('%s… does not', (name, figures) => {
  const { stdout, status } = judged(resultOf(figures))
  expect(stdout.match(/ PASS /g)).toHaveLength(4)
  expect(stdout).toMatch(new RegExp(`FAIL +${name}`))
  expect(status).toBe(1)
})

test('nor does what was not measured', () => {
  const { 'pool 2': _, ...pool } = GOOD.pool
  const { stdout, status } = judged(resultOf({ pool: pool as typeof GOOD.pool, ring: GOOD.ring }))
  expect(stdout).toMatch(/^ +NaN ≥ 3 +FAIL /m)
  expect(status).toBe(1)
})

test('of several runs the median counts, and is JSON where asked for', () => {
  const slow = resultOf({ pool: { ...GOOD.pool, 'pool 1': 30 }, ring: GOOD.ring })
  const { stdout, status } = judged('--json', resultOf(GOOD), slow, resultOf(GOOD))
  const { passed, runs, figures } = JSON.parse(stdout)
  expect([status, passed, runs]).toEqual([0, true, 3])
  expect(figures[0]).toMatchObject({ figure: 0.5, each: [0.5, 1.5, 0.5], most: 0.6, verdict: 'PASS' })
})
