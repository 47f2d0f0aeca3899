import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { status } from 'rseq'
import { expect, test } from 'vitest'
import { PATIENCE } from '../../support/patience'
import { fixtures } from '../../support/world'

const MOVES = 20

test.each([
  ['libc’s area', {}],
  ['an own area', { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }],
])('an optimised loop that only reads cpuId() sees every move, in %s', (_, env) => {
  if (status().cpus.allowed < 2) throw new Error('this test needs two CPUs to move a thread between')
  const output = execFileSync(
    process.execPath,
    ['--allow-natives-syntax', join(fixtures, 'stale.mjs'), String(MOVES)],
    { encoding: 'utf8', env: { ...process.env, ...env }, timeout: PATIENCE },
  )
  const { source, seen } = JSON.parse(output) as { source: string; seen: { cpu: number; ms: number }[] }
  console.log(`${MOVES} moves, seen after ${seen.map(({ ms }) => ms.toFixed(1)).join(' ')} ms`)
  expect(source).toBe('rseq')
  expect(seen.map(({ cpu }) => cpu)).toEqual(Array.from({ length: MOVES }, (__, i) => (i + 1) % 2))
})
