// npm run test:sanitize -- valgrind [SECONDS] [--write]: the native side in a program without Node, under valgrind's memcheck.
// valgrind has no rseq, so everything takes the overflow path; its threads take turns.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { report } from '../stress/results.mjs'
import { fail, mustHave } from '../support/runner.mjs'
import { build, built } from './sanitizers.mjs'

const [seconds = '20'] = process.argv.slice(2).filter((word) => !word.startsWith('--'))
mustHave('valgrind', "install Debian's valgrind")
build('structures')

const FOUND = 9
function valgrind(...args) {
  const options = [
    '-q',
    '--leak-check=full',
    '--fair-sched=yes',
    '--trace-children=yes',
    // An access beyond the end of a file is made again when SIGBUS was handled: with the registers that it had.
    '--vex-iropt-register-updates=allregs-at-mem-access',
    `--error-exitcode=${FOUND}`,
  ]
  const env = { ...process.env, GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }
  const program = join(built, 'structures')
  return spawnSync('valgrind', [...options, program, ...args], { encoding: 'utf8', env })
}

for (const mistake of ['overflow', 'leak'])
  if (valgrind('mistake', mistake).status !== FOUND) fail(`valgrind did not report a deliberate ${mistake}`)
const lines = []
let failed = 0
const RUNS = {
  'threads and killed processes': [seconds],
  '1000 damaged region files': ['damaged', '1000', '1'],
}
for (const [name, args] of Object.entries(RUNS)) {
  const { status, stdout, stderr } = valgrind(...args)
  const said = stdout.trim().split('\n').at(-1)
  if (status !== 0) {
    failed++
    console.log(stderr.slice(0, 6000))
  }
  const { operations, violations, sections } = JSON.parse(said || '{}')
  if (sections) fail('valgrind has got rseq: say so here')
  lines.push(
    `${name}: ${operations} operations without sections, ${violations} violations, ${status === 0 ? 'no' : 'some'} errors`,
  )
}
report('test:sanitize -- valgrind', lines)
process.exit(failed)
