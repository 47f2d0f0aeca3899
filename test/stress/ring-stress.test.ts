import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runScript, SECONDS } from '../support/script'
import { fixtures, hasAddon, hasRseq, world } from '../support/world'

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

/** Of all that ran. */
let aborts = 0

function run(prefix: string[], workers: number, ...args: (string | number)[]): Result {
  const program = [process.execPath, join(fixtures, 'ring-stress.mjs')]
  const [command = '', ...rest] = [...prefix, ...program, ...[workers, ...args].map(String)]
  return JSON.parse(execFileSync(command, rest, { encoding: 'utf8' })) as Result
}

describe(`rings under stress, world ${world}`, () => {
  test.each([
    ['numbers, on all CPUs', [], WORKERS, [1024, 'discard', 'numbers', 0]],
    // The oldest record is written over while it is copied, now and then.
    ['4 KB, written over', [], 2, [64, 'overwrite', '4096', 0]],
    ['numbers, on one CPU, written over', ['taskset', '-c', '0'], WORKERS, [256, 'overwrite', 'numbers', 0]],
    ['bytes, consumers are terminated', [], WORKERS, [4096, 'discard', '56', 3]],
  ])(`${WORKERS * RECORDS} records: %s`, (name, prefix, workers, args) => {
    const records = RECORDS * Math.ceil(WORKERS / workers)
    const { violations, ...result } = run(prefix, workers, records, ...args)
    console.log(`${world}: ${name}: ${JSON.stringify(result)}`)
    expect(violations).toEqual([])
    expect(result.terminated).toBe(Math.floor(workers / 4))
    expect(result.operations).toBeGreaterThanOrEqual((workers - result.terminated) * records)
    expect(result.read).toBeGreaterThan(0)
    aborts += result.aborts[3] ?? 0
  })

  test('writes were aborted where sections are delayed, and nowhere without rseq', () => {
    if (world === 'inject') expect(aborts).toBeGreaterThan(0)
    if (!hasRseq) expect(aborts).toBe(0)
  })

  if (hasAddon)
    test('processes that are killed while they write, and while they drain', () => {
      const { kills, operations, read } = runScript<Record<string, number>>('ring-kill.mjs', SECONDS)
      expect(kills).toBeGreaterThan(0)
      expect(operations).toBeGreaterThan(0)
      expect(read).toBeGreaterThan(0)
    })
})
