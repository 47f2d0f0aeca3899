// npm run test:sanitize -- asan|tsan|ubsan [SECONDS] [--write]: the native side under AddressSanitizer and
// UndefinedBehaviorSanitizer, under ThreadSanitizer, or under the second of them alone: first a program of its own, then the
// addon in Node, by programs that have to leave nothing behind and by the behaviour tests. Fails where anything is reported, or
// does not hold.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { report } from '../stress/results.mjs'
import { fail, vitest } from '../support/runner.mjs'
import { behaviourBelow, fastAddon, stage, stress, worlds } from '../support/worlds.mjs'
import { build, buildForTests, built, Sanitizer } from './sanitizers.mjs'

const [kind, seconds = '20'] = process.argv.slice(2).filter((word) => !word.startsWith('--'))
if (!['asan', 'tsan', 'ubsan'].includes(kind)) fail('asan, tsan or ubsan?')

/** Behaviour tests that say nothing where a sanitizer takes much of its own: files … */
const FILES_LEFT_OUT = {
  'preemption/measure': 'it is about time that a busy process takes, and a sanitizer takes more',
  'preemption/preemption': 'the same',
}
/** … and single tests, by a part of their names. */
const TESTS_LEFT_OUT = {
  'where address space is limited': 'a sanitizer needs all of it',
}
const isLeftOut = (path) => Object.keys(FILES_LEFT_OUT).some((name) => path === `test/unit/${name}.test.ts`)
const takesMuch = kind !== 'ubsan'
const files = takesMuch ? behaviourBelow.filter((path) => !isLeftOut(path)) : behaviourBelow
const tests = takesMuch ? ['--testNamePattern', `^(?!.*(${Object.keys(TESTS_LEFT_OUT).join('|')}))`] : []
if (takesMuch)
  for (const [name, reason] of Object.entries({ ...FILES_LEFT_OUT, ...TESTS_LEFT_OUT }))
    console.log(`left out: ${name}: ${reason}`)

buildForTests()
build(`rseq_${kind}`, `bugs_${kind}`, `structures_${kind}`)

const sanitizer = new Sanitizer(kind)
const program = `structures_${kind}`
const mistaken = join(built, `bugs_${kind}.node`)
sanitizer.mustReport((which) => sanitizer.program(program, ['mistake', which]))
sanitizer.mustReport((which) =>
  sanitizer.node(['-e', `require(${JSON.stringify(mistaken)})('${which}')`], { env: sanitizer.withLeaks }),
)
// The addon itself, and not only the mistakes, was compiled for it.
sanitizer.mustBeIn(`rseq_${kind}.node`)

/** Everything on threads that end, and threads that are terminated; then the process ends by itself. */
const ENDING = [
  ['test/fixtures/everything.cjs', '{"rounds":300,"workers":8}'],
  ['test/fixtures/lifecycle.mjs', '40'],
]

const reports = []
const lines = []
let failed = 0
function take(stderr) {
  const found = sanitizer.reports(stderr)
  for (const { text } of found.slice(0, 5)) console.log(text.slice(0, 6000))
  reports.push(...found)
}

const two = ['default', 'enosys'].map((name) => worlds.find((world) => world.name === name))
for (const { name, prefix, env } of two) {
  const args = [seconds, String(Date.now() % 2 ** 31)]
  const { status, stdout, stderr } = sanitizer.program(program, args, { prefix, env })
  take(stderr)
  const { rounds, operations, violations } = JSON.parse(
    stdout.trim().split('\n').at(-1) || '{"violations":"?"}',
  )
  if (status !== 0) {
    failed++
    console.log(`${program} ended with ${status}: ${stderr.slice(0, 4000)}`)
  }
  lines.push(
    `a program without Node, ${name}: ${operations} operations of threads and killed processes in ${rounds} rounds, ${violations} violations`,
  )
}

for (const { name, prefix, env } of two) {
  const folder = stage({ 'rseq.node': join(built, `rseq_${kind}.node`), 'rseq_fast.node': fastAddon() })
  let well = 0
  for (const args of ENDING) {
    const options = { prefix, cwd: folder, env: { ...env, ...sanitizer.withLeaks } }
    const { status, stderr } = sanitizer.node(args, options)
    take(stderr)
    if (status === 0) well++
    else console.log(`${args.join(' ')} ended with ${status}: ${stderr.slice(0, 4000)}`)
  }
  failed += ENDING.length - well
  const leaks = kind === 'asan' ? ', without leaks' : ''
  lines.push(`programs in Node, ${name}: ${well} of ${ENDING.length} ended as they should${leaks}`)
  const row = vitest(`${kind}, world ${name}`, {
    args: [...files, ...stress, ...tests],
    prefix: [...sanitizer.prefix, ...prefix],
    folder,
    env: {
      ...env,
      ...sanitizer.inNode,
      RSEQ_WORLD: name,
      RSEQ_TEST_TIMEOUT: '600000',
      RSEQ_TEST_SECONDS: '20', // it takes some of them to start
    },
  })
  rmSync(folder, { recursive: true })
  take('')
  failed += row.failed
  lines.push(`the addon in Node, ${name}: ${row.passed} tests passed, ${row.failed} failed`)
}
sanitizer.end()
lines.push(`reports: ${reports.length}`)
report(`test:sanitize -- ${kind}`, lines)
process.exit(failed + reports.length === 0 ? 0 : 1)
