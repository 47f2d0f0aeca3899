import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fixtures, hasRseq, world } from '../../support/world'

interface Result {
  expected: number
  sum: number
  perCpu: number[]
  backends: string[]
  reasons: string[]
  aborts: number
  seconds: number
}

function run(prefix: string[], ...args: string[]): Result {
  const [command, ...rest] = [...prefix, process.execPath, join(fixtures, 'exact.mjs'), ...args] as [string]
  return JSON.parse(execFileSync(command, rest, { encoding: 'utf8' })) as Result
}

function report(name: string, { sum, aborts, perCpu, seconds }: Result): void {
  console.log(
    `${world}: ${name}: ${sum} increments, ${aborts} aborts, cells ${perCpu.join(' ')}, ${seconds.toFixed(1)} s`,
  )
}

/** Fewer of both where a machine is emulated. */
const WORKERS = Number(process.env.RSEQ_TEST_WORKERS ?? 16)
const INCREMENTS = Number(process.env.RSEQ_TEST_INCREMENTS ?? 1_000_000)
const overflowing = { default: 0, napi: 0, self: 0, inject: 0, mixed: 0.5, enosys: 1, eperm: 1, portable: 1 }[
  world
]

describe(`exact, world ${world}`, () => {
  test.each([
    ['on all CPUs', []],
    ['on one CPU', ['taskset', '-c', '0']],
  ])(`${WORKERS} workers × ${INCREMENTS} increments %s`, (where, prefix) => {
    const result = run(prefix, String(WORKERS), String(INCREMENTS))
    report(where, result)
    expect(result.sum).toBe(WORKERS * INCREMENTS)
    expect(result.perCpu.reduce((sum, cell) => sum + cell, 0)).toBe(WORKERS * INCREMENTS)
    // Which threads took which path: only those without rseq, and the few that ran out of attempts.
    const overflow = result.perCpu.at(-1) as number
    expect(overflow).toBeGreaterThanOrEqual(overflowing * WORKERS * INCREMENTS)
    expect(overflow).toBeLessThan(overflowing * WORKERS * INCREMENTS + 1000)
    if (world === 'inject') expect(result.aborts).toBeGreaterThan(0)
    if (!hasRseq) expect(result.aborts).toBe(0)
  })

  test(`${WORKERS} workers × ${INCREMENTS / 4} increments by mm_cid`, () => {
    const result = run([], String(WORKERS), String(INCREMENTS / 4), 'mm_cid')
    report('by mm_cid', result)
    expect(result.sum).toBe((WORKERS * INCREMENTS) / 4)
  })

  if (world === 'mixed')
    test('half of the workers were denied rseq, and counted into the same counter', () => {
      const { sum, backends, reasons } = run([], '4', String(INCREMENTS))
      expect(sum).toBe(4 * INCREMENTS)
      expect(backends).toEqual(['rseq', 'atomic', 'rseq', 'atomic'])
      expect(reasons).toEqual(['OK', 'EPERM', 'OK', 'EPERM'])
    })
})
