// npm run test:stress -- models [--long] [WORD...]: spin searches every model of a protocol between threads or processes, as README.md
// has them. What holds must hold in a search that was completed; what is broken by a switch must be found. Words choose among rows.
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { fail, finish, mustHave } from '../support/runner.mjs'
import { bounds, models } from './rows.mjs'

const run = promisify(execFile)
const here = import.meta.dirname
/** As many at a time. */
const LANES = 2
/** Far beyond what the longest row needs, in ms. */
const PATIENCE = 30 * 60_000
/** Of the way to a violation that should not be. */
const LINES = 80
/** What spin says where it has not looked everywhere. */
const CUT_SHORT = /max search depth too small|out of memory|MEMLIM|Search not completed|aborted|interrupted/i

const { values, positionals } = parseArgs({
  options: { long: { type: 'boolean' } },
  allowPositionals: true,
})
const memory = values.long ? ['-DCOLLAPSE', '-DMEMLIM=16384'] : ['-DMEMLIM=4096']

mustHave('spin', 'it searches the models (Debian: spin)', ['-V'])
mustHave('gcc', 'spin writes the search in C (Debian: gcc)')

/** What a command wrote, also where it says that it failed. */
async function output(command, args, folder) {
  try {
    return (await run(command, args, { cwd: folder, timeout: PATIENCE, maxBuffer: 1 << 28 })).stdout
  } catch (error) {
    return `${error.stdout ?? ''}${error.stderr ?? ''}\n${command}: ${error.message}`
  }
}

/** Why the search's own words are not what the row is there for; null where they are. */
function problem(said, expected) {
  const errors = Number(/errors: (\d+)/.exec(said)?.[1] ?? Number.NaN)
  if (Number.isNaN(errors)) return 'there was no search'
  if (expected === 'found') {
    if (errors === 0) return 'nothing is found'
    return /assertion violated/.test(said) ? null : 'something else is found than a violation'
  }
  if (errors > 0) return 'it is violated'
  return CUT_SHORT.test(said) ? 'the search was cut short' : null
}

async function search({ model, switches, expected, weight }) {
  const folder = mkdtempSync(join(tmpdir(), 'rseq-model-'))
  const file = join(here, `${model}.pml`)
  const defined = switches.map((one) => `-D${one}`)
  // A short search takes less time than optimising it.
  const optimised = weight > 0 ? '-O2' : '-O0'
  const began = Date.now()
  const made = await output('spin', ['-a', ...defined, file], folder)
  const compiled = await output(
    'gcc',
    ['-w', optimised, '-DSAFETY', '-DNOFAIR', ...memory, '-o', 'pan', 'pan.c'],
    folder,
  )
  const said = await output('./pan', ['-m10000', '-w22'], folder)
  const seconds = Math.round((Date.now() - began) / 100) / 10
  const name = [model, ...switches].join(' ')
  const wrong = problem(said, expected)
  if (wrong !== null) {
    console.error(`\n${name}: ${wrong}\n${made}${compiled}${said}`)
    if (expected === 'holds' && /errors: [1-9]/.test(said)) {
      const way = await output(
        'spin',
        ['-t', '-p', '-g', '-k', `${model}.pml.trail`, ...defined, file],
        folder,
      )
      console.error(way.split('\n').slice(-LINES).join('\n'))
    }
  }
  rmSync(folder, { recursive: true })
  const states = Number(/(\S+) states, stored/.exec(said)?.[1] ?? 0)
  return {
    run: name,
    expected,
    states,
    passed: wrong === null ? 1 : 0,
    failed: wrong === null ? 0 : 1,
    skipped: 0,
    seconds,
  }
}

/** Whether the model is made with that file. */
const includes = (model, name) =>
  readFileSync(join(here, `${model}.pml`), 'utf8').includes(`#include "${name}"`)

/** Every switch that breaks a model is tried: else it is there for nothing. */
function untried(rows) {
  const left = []
  for (const name of readdirSync(here).filter((one) => one.endsWith('.pml'))) {
    const text = readFileSync(join(here, name), 'utf8')
    // What others include is tried with them.
    const users = rows.filter(({ model }) => `${model}.pml` === name || includes(model, name))
    if (users.length === 0) left.push(name)
    for (const bug of new Set(text.match(/\bBUG_\w+/g)))
      if (!users.some(({ switches }) => switches.includes(bug))) left.push(`${name} ${bug}`)
  }
  return left
}

const all = [...models, ...(values.long ? bounds : [])]
const left = untried(all)
if (left.length > 0) fail(`no row tries ${left.join(', ')}`)

const chosen = all.filter(({ model, switches }) =>
  positionals.every((word) => model === word || switches.includes(word)),
)
if (chosen.length === 0) fail(`no row has ${positionals.join(' and ')}`)
const rows = []
const began = Date.now()
// The long ones first, so that nobody waits for the last one.
const queue = chosen.map((row, at) => ({ row, at })).sort((a, b) => b.row.weight - a.row.weight)
await Promise.all(
  Array.from({ length: LANES }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      rows[next.at] = await search(next.row)
  }),
)
if (rows.length === 1) console.table(rows)
console.log(`\nsearched for ${Math.round((Date.now() - began) / 1000)} s`)
finish(rows)
