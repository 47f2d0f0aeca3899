// npm run test:stress -- fuzz [COUNT] [SEED] [--write]: damaged region files and calls of anything with anything, under
// AddressSanitizer and UndefinedBehaviorSanitizer: files in a program without Node, a tenth as many in Node, and calls of
// everything that the package exports. The same seed, the same run. Fails where anything is reported, or is wrong.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, buildForTests, built, Sanitizer } from '../native/sanitizers.mjs'
import { fail } from '../support/runner.mjs'
import { fastAddon, stage } from '../support/worlds.mjs'
import { report } from './results.mjs'

const numbers = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const count = Number(numbers[0] ?? 100_000)
const seed = Number(numbers[1] ?? Date.now() % 2 ** 30)
/** Files that one process uses: what crashes does not end the others. */
const SLICE = 500

buildForTests()
build('rseq_asan', 'bugs_asan', 'structures_asan')
const sanitizer = new Sanitizer('asan')
sanitizer.mustReport((which) => sanitizer.program('structures_asan', ['mistake', which]))
const mistaken = JSON.stringify(join(built, 'bugs_asan.node'))
sanitizer.mustReport((which) =>
  sanitizer.node(['-e', `require(${mistaken})('${which}')`], { env: sanitizer.withLeaks }),
)

console.log(`seed ${seed}`)
let reports = 0
let wrong = 0

/** What came of a process: its last line. */
function take({ status, signal, stdout, stderr }, what) {
  const found = sanitizer.reports(stderr)
  for (const { text } of found.slice(0, 3)) console.log(text.slice(0, 6000))
  reports += found.length
  const last = stdout.trim().split('\n').at(-1)
  if (status === 0) return JSON.parse(last)
  wrong++
  console.log(`${what} ended with ${status ?? signal}: ${last}\n${stderr.slice(-4000)}`)
  return {}
}

const { operations, violations } = take(
  sanitizer.program('structures_asan', ['damaged', String(count), String(seed)]),
  'the program',
)

const folder = stage({ 'rseq.node': join(built, 'rseq_asan.node'), 'rseq_fast.node': fastAddon() })
const fixture = (name) => join(folder, 'test', 'fixtures', name)
// In memory: a disk would be what all the time is spent on.
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'rseq-fuzz-'))
const options = { cwd: scratch, env: { TMPDIR: scratch } }
let files = 0
for (; files < count / 10; files += SLICE) {
  const args = [fixture('mutate.mjs'), String(SLICE), String(seed + files)]
  const said = take(sanitizer.node(args, options), `files from seed ${seed + files} on`)
  if (said.wrong !== 0 || said.touched?.length !== 0) {
    wrong++
    console.log(JSON.stringify(said))
  }
}
const fuzzed = take(sanitizer.node([fixture('fuzz.mjs'), String(count), String(seed)], options), 'calls')
if (Object.keys(fuzzed.undocumented ?? { none: 0 }).length + (fuzzed.touched?.length ?? 1) !== 0) {
  wrong++
  console.log(JSON.stringify(fuzzed))
}
for (const one of [folder, scratch]) rmSync(one, { recursive: true, force: true })
sanitizer.end()
report('test:stress -- fuzz', [
  `seed ${seed}`,
  `a program without Node: ${count} damaged region files, each damaged again in use, ${operations} operations, ${violations} violations`,
  `in Node: ${files} damaged region files, to be read and to be written, used in every way`,
  `in Node: ${fuzzed.calls} calls of anything with anything: ${JSON.stringify(fuzzed.errors)}`,
  `reports: ${reports}; wrong: ${wrong}`,
])
if (reports + wrong > 0) fail('see above')
