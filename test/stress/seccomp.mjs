// npm run test:stress -- seccomp [--write]: a seccomp filter that is installed while threads count. Those that are registered go on in their
// sections; those that come later take the other path, and say why; what ends in between leaves nothing that is used again.
import { constants } from 'node:os'
import { join } from 'node:path'
import { differences, Findings, OWN, root, run } from './findings.mjs'

const { EACCES, EBUSY, EINVAL, ENOSYS, EPERM } = constants.errno
const DENIED = join(root, 'test', 'fixtures', 'denied.cjs')
const TIMES = 3
const findings = new Findings('test:stress -- seccomp')

const WHERE = {
  all: 'in all threads',
  some: 'in the main thread and what it starts',
  first: 'before the package is used',
}

/** With EINVAL it looks as if somebody else had registered the thread. */
const REASONS = [
  ['EPERM', EPERM, 'EPERM'],
  ['ENOSYS', ENOSYS, 'ENOSYS'],
  ['EACCES', EACCES, 'REFUSED'],
  ['EBUSY', EBUSY, 'REFUSED'],
  ['EINVAL', EINVAL, 'FOREIGN_OWNER'],
  ['nothing, as if it had been done', 0, 'REFUSED'],
]

/** What is wrong with one run. The threads: two from before and the main one, two from after, the main one, and a last worker. */
function problems(result, where, reason) {
  if (result.failed !== undefined) return []
  const { threads, after, unregistered, registered } = result
  const registeredBefore = where !== 'first'
  const early = registeredBefore ? { backend: 'rseq', reason: 'OK' } : { backend: 'atomic', reason }
  const late = { backend: 'atomic', reason }
  const expected = [early, early, early, late, late, early, late]
  const wrong = expected.flatMap((one, i) =>
    differences(threads[i], one).map((text) => `thread ${i}: ${text}`),
  )
  if (after[1] === 0) wrong.push('a thread from before stands still')
  if (!(result.overflow > 0)) wrong.push('nothing took the other path')
  // Who is registered cannot leave either; after that it is one of those without.
  const gone = registeredBefore ? 'REFUSED' : reason
  if (unregistered !== gone) wrong.push(`unregister() says ${unregistered}, ${gone} expected`)
  return [...wrong, ...differences(registered, late)]
}

for (const [name, errno, reason] of REASONS)
  for (const [where, words] of Object.entries(WHERE)) {
    const results = Array.from({ length: TIMES }, () =>
      run(process.execPath, [DENIED, String(errno), where], { env: OWN }),
    )
    const failed = results.find((result) => result.failed !== undefined)
    const all = failed ?? {
      ...results[0],
      done: results.reduce((sum, { done }) => sum + done, 0),
      violations: results.flatMap(({ violations }) => violations),
    }
    findings.add(
      `${name}, ${words}`,
      all,
      results.flatMap((result) => problems(result, where, reason)),
    )
  }

// glibc ends a process whose next thread it cannot register: as docs/reference/platforms.md says.
const ended = run(process.execPath, [DENIED, String(EPERM), 'all'])
const known = /rseq registration failed/.test(ended.stderr)
if (known || ended.failed === undefined)
  findings.note(
    `where glibc registers: ${known ? 'the next thread ends the process, by glibc itself: “rseq registration failed”' : 'nothing happens'}`,
  )
else findings.add('where glibc registers', ended)
findings.finish()
