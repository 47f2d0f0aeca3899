import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runScript } from './script'
import { fixtures, hasAddon, hasRseq, world } from './world'

interface Result {
  operations: number
  written: number
  read: number
  again: number
  terminated: number
  consumers: number
  aborts: number[]
  seconds: number
  violations: string[]
}

const WORKERS = 2 * Number(process.env.RSEQ_TEST_WORKERS ?? 16)
const RECORDS = Math.ceil(Number(process.env.RSEQ_TEST_INCREMENTS ?? 400_000) / 100)

function run(prefix: string[], ...args: (string | number)[]): Result {
  const program = [process.execPath, join(fixtures, 'ring-stress.mjs')]
  const [command = '', ...rest] = [...prefix, ...program, ...[WORKERS, RECORDS, ...args].map(String)]
  return JSON.parse(execFileSync(command, rest, { encoding: 'utf8' })) as Result
}

describe(`rings under stress, world ${world}`, () => {
  test.each([
    ['numbers, on all CPUs', [], [1024, 'discard', 'numbers', 0]],
    ['bytes, on all CPUs, written over', [], [64, 'overwrite', 'bytes', 0]],
    ['numbers, on one CPU, written over', ['taskset', '-c', '0'], [256, 'overwrite', 'numbers', 0]],
    ['bytes, on one CPU, consumers are terminated', ['taskset', '-c', '0'], [1024, 'discard', 'bytes', 3]],
  ])(`${WORKERS} workers × ${RECORDS} records: %s`, (name, prefix, args) => {
    const { violations, ...result } = run(prefix, ...args)
    console.log(`${world}: ${name}: ${JSON.stringify(result)}`)
    expect(violations).toEqual([])
    expect(result.terminated).toBe(Math.floor(WORKERS / 4))
    expect(result.operations).toBeGreaterThanOrEqual((WORKERS - result.terminated) * RECORDS)
    expect(result.read).toBeGreaterThan(0)
    const append = result.aborts[3] ?? 0
    if (world === 'inject') expect(append).toBeGreaterThan(0)
    if (!hasRseq) expect(append).toBe(0)
  })

  if (hasAddon)
    test('processes that are killed while they write, and while they drain', () => {
      const { kills, operations, read } = runScript<Record<string, number>>('ring-kill.mjs', 3)
      expect(kills).toBeGreaterThan(0)
      expect(operations).toBeGreaterThan(0)
      expect(read).toBeGreaterThan(0)
    })
})
