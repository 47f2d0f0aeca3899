import { execFileSync } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { status } from 'rseq'
import { expect, test } from 'vitest'
import { fixtures } from '../support/world'

/* A seccomp filter that is installed while threads count; test/stress/seccomp.mjs has more of them. */
interface Result {
  threads: { backend: string; reason: string }[]
  after: number[]
  unregistered: string
  registered: { backend: string; reason: string }
  violations: string[]
}

test.skipIf(status().backend !== 'rseq').each([
  ['EPERM', constants.errno.EPERM, 'EPERM'],
  ['0, and nothing is done', 0, 'REFUSED'],
])('denied in all threads while they count, with %s: those from before go on', (_, errno, reason) => {
  const output = execFileSync(process.execPath, [join(fixtures, 'denied.cjs'), String(errno), 'all'], {
    encoding: 'utf8',
    env: { ...process.env, GLIBC_TUNABLES: 'glibc.pthread.rseq=0' },
  })
  const { threads, after, unregistered, registered, violations } = JSON.parse(output) as Result
  expect(violations).toEqual([])
  // Two workers and the main thread from before, two workers from after, the main thread, and a last worker.
  const [early, late] = [
    { backend: 'rseq', reason: 'OK' },
    { backend: 'atomic', reason },
  ]
  expect(threads.slice(0, 7)).toMatchObject([early, early, early, late, late, early, late])
  expect(after[1]).toBeGreaterThan(0)
  // Nobody can leave either; the thread is one of those without from then on.
  expect(unregistered).toBe('REFUSED')
  expect(registered).toEqual(late)
})
