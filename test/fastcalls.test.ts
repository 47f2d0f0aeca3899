import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fixtures, hasFastCalls } from './world'

test.each([
  ['fast calls', {}, hasFastCalls],
  ['N-API, by RSEQ_FAST_CALLS=0', { RSEQ_FAST_CALLS: '0' }, false],
  ['fast calls with an own area', { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }, hasFastCalls],
])('%s: exact in every tier of the compiler, and in workers', (_, env, fastCalls) => {
  const output = execFileSync(process.execPath, ['--allow-natives-syntax', join(fixtures, 'optimised.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  const rounds = 3 * 5 * 10_000 // threads × tiers × calls
  expect(JSON.parse(output)).toEqual({
    fastCalls,
    backend: 'rseq',
    counter: rounds * (1 + 3 - 2 + 2 ** 34),
    sum: rounds * 2.5,
    refused: ['TypeError', 'RangeError', 'RangeError', 'RangeError', 'TypeError', 'RangeError'],
  })
})
