import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PATIENCE } from '../support/patience'
import { root } from '../support/world'

/** Of 25, one has company. */
const MUTATIONS = Number(process.env.RSEQ_TEST_FORGED ?? 30)

const program = join(root, 'test', 'stress', 'forged.mjs')

function forged(args: string[], env = {}): { status: number | null; stdout: string } {
  const { status, stdout } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    timeout: PATIENCE,
    env: { ...process.env, ...env },
  })
  return { status, stdout }
}

test(`${MUTATIONS} files with forged structures: no crash, no unknown error, nothing slow, nothing large`, () => {
  const seed = Math.trunc(Math.random() * 2 ** 30)
  const { status, stdout } = forged([String(MUTATIONS), String(seed)])
  // What it says of a violation tells how to have it again.
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('violations: 0') })
  expect(stdout).toContain(`seed ${seed}: ${MUTATIONS} forged files`)
})

test.each([
  ['time', /^time: Region\.list: \d+ ms, \d+ on a CPU$/m],
  ['growth', /^growth: Region\.list: [\d.]+ MB/m],
  ['error', /^error: Region\.list: TypeError/m],
  ['uncaught', /^end: .*ended with 1: .*on purpose/ms],
  ['crash', /^end: Region\.list: ended with SIGSEGV/m],
  ['hang', /^end: Region\.list: no end after/m],
])('a fault is found: %s', (fault, said) => {
  // The other ones end by themselves, however long that takes.
  const patience = fault === 'hang' ? { RSEQ_FORGED_PATIENCE: '3000' } : {}
  const { status, stdout } = forged(['1', '1'], { RSEQ_FORGED_FAULT: fault, ...patience })
  expect(status).toBe(1)
  expect(stdout).toMatch(said)
  expect(stdout).toContain('again: node test/stress/forged.mjs 1 1')
})
