import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'vitest'
import { PATIENCE } from './patience'

/** How long a script kills processes; more where a machine is emulated. */
export const SECONDS = Number(process.env.RSEQ_TEST_SECONDS ?? 3)

/** Runs test/stress/NAME, prints its line of JSON, and expects that it found nothing violated. */
export function runScript<T extends object>(name: string, ...args: number[]): T {
  const { status, signal, stdout } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '..', 'stress', name), ...args.map(String)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: PATIENCE },
  )
  console.log(`${name} ${args.join(' ')}: ${stdout.trim()}`)
  expect({ status, signal }).toEqual({ status: 0, signal: null })
  return JSON.parse(stdout) as T
}
