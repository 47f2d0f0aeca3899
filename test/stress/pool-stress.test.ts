import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runScript, SECONDS } from '../support/script'
import { fixtures, hasAddon, hasRseq, world } from '../support/world'

interface Result {
  operations: number
  empty: number
  terminated: number
  reclaimed: number
  aborts: number[]
  seconds: number
  violations: string[]
}

const WORKERS = 2 * Number(process.env.RSEQ_TEST_WORKERS ?? 16)
const OPERATIONS = Number(process.env.RSEQ_TEST_INCREMENTS ?? 400_000) / 8

function run(prefix: string[], slots: number): Result {
  const args = [join(fixtures, 'pool-stress.mjs'), ...[WORKERS, OPERATIONS, slots].map(String)]
  const [command = '', ...rest] = [...prefix, process.execPath, ...args]
  return JSON.parse(execFileSync(command, rest, { encoding: 'utf8' })) as Result
}

describe(`pools under stress, world ${world}`, () => {
  test.each([
    ['on all CPUs, of more slots than threads', [], 300],
    ['on all CPUs, of fewer slots than threads', [], 20],
    ['on one CPU', ['taskset', '-c', '0'], 300],
  ])(`${WORKERS} workers %s: no slot is held twice, none is lost`, (where, prefix, slots) => {
    const { violations, ...result } = run(prefix, slots)
    console.log(`${world}: ${where}: ${JSON.stringify(result)}`)
    expect(violations).toEqual([])
    expect(result.operations).toBeGreaterThanOrEqual(Math.ceil((WORKERS * 2) / 3) * OPERATIONS)
    expect(result.terminated).toBe(Math.floor(WORKERS / 3))
    const [, compareStore = 0, compareStoreStore = 0] = result.aborts
    if (world === 'inject') {
      expect(compareStore).toBeGreaterThan(0)
      expect(compareStoreStore).toBeGreaterThan(0)
    }
    if (!hasRseq) expect(compareStore + compareStoreStore).toBe(0)
  })

  if (hasAddon)
    test('processes that are killed while they acquire and release', () => {
      const { operations, kills } = runScript<{ operations: number; kills: number }>('pool-kill.mjs', SECONDS)
      expect(kills).toBeGreaterThan(0)
      expect(operations).toBeGreaterThan(0)
    })
})
