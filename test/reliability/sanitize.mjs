// node test/reliability/sanitize.mjs asan|tsan [SECONDS] [--write]: the native side under AddressSanitizer and
// UndefinedBehaviorSanitizer, or under ThreadSanitizer: first a program of its own, then the addon in Node, by the
// behaviour tests. Fails where anything is reported, or does not hold.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fail, vitest } from '../runner.mjs'
import { behaviourBelow, fastAddon, stage, stress, worlds } from '../worlds.mjs'
import { report } from './results.mjs'
import { build, buildForTests, built, Sanitizer } from './sanitizers.mjs'

const [kind, seconds = '20'] = process.argv.slice(2).filter((word) => !word.startsWith('--'))
if (!['asan', 'tsan'].includes(kind)) fail('asan or tsan?')

/** Behaviour tests that say nothing here: files … */
const FILES_LEFT_OUT = {
  'measure-uninterrupted': 'it is about time that a busy process takes, and a sanitizer takes more',
  preemption: 'the same',
}
/** … and single tests, by a part of their names. */
const TESTS_LEFT_OUT = {
  'where address space is limited': 'a sanitizer needs all of it',
}
const isLeftOut = (path) => Object.keys(FILES_LEFT_OUT).some((name) => path === `test/${name}.test.ts`)
const files = behaviourBelow.filter((path) => !isLeftOut(path))
const pattern = `^(?!.*(${Object.keys(TESTS_LEFT_OUT).join('|')}))`
for (const [name, reason] of Object.entries({ ...FILES_LEFT_OUT, ...TESTS_LEFT_OUT }))
  console.log(`left out: ${name}: ${reason}`)

buildForTests()
build(`rseq_${kind}`, `bugs_${kind}`, `structures_${kind}`)

const sanitizer = new Sanitizer(kind)
const program = `structures_${kind}`
const mistaken = join(built, `bugs_${kind}.node`)
sanitizer.mustReport((which) => sanitizer.program(program, ['mistake', which]))
sanitizer.mustReport((which) => sanitizer.node(['-e', `require(${JSON.stringify(mistaken)})('${which}')`]))
// The addon itself, and not only the mistakes, was compiled for it.
if (!readFileSync(join(built, `rseq_${kind}.node`)).includes(`__${kind}_init`))
  fail(`rseq_${kind}.node has no checks`)

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
  const { status, stdout, stderr } = sanitizer.program(program, [seconds, String(Date.now() % 2 ** 31)], {
    prefix,
    // Here all that is left behind is the package's.
    env: { ...env, ...sanitizer.withLeaks },
  })
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
  const row = vitest(`${kind}, world ${name}`, {
    args: [...files, ...stress, '--testNamePattern', pattern],
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
report(`test:${kind}`, lines)
process.exit(failed + reports.length === 0 ? 0 : 1)
