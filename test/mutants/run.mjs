// npm run test:mutants -- [PART…] [--sample COUNT] [--seed SEED] [--again] [--quick] [--write]: changes one operation of the
// native structures or of the loaders at a time, rebuilds, and sees whether anything fails: first the program `structures`,
// which takes a second, then tests. Mutants that live are named, and need a reason: mutants/reasons.json has them by file and
// change. One that `structures` leaves alive and that has a reason is not put to the tests.
//
// PART is a file, or the end of its name: pool.cc, region/lock.cc. All of them take two hours of a quiet CPU; several runs may
// share them. --sample takes so many of each file. What became of a mutant is kept: without --again, a run goes on where the
// last one of the same text of the file ended, and tries anew only what lived without a reason. With --quick the tests are left
// out, and what they would have to kill is named: a minute for a file.
//
// A mutant is none where what is built has the same bytes, or those of another mutant, which then stands for both.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { report, sectionOf } from '../stress/results.mjs'
import { fail, root } from '../support/runner.mjs'
import { Fates } from './fates.mjs'
import { mutantsOf } from './operations.mjs'
import { Program } from './program.mjs'

const { values, positionals } = parseArgs({
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    again: { type: 'boolean' },
    quick: { type: 'boolean' },
    write: { type: 'boolean' },
  },
  allowPositionals: true,
})

/** The structures, and what decides how a thread counts; not N-API, nor what looks at a machine. */
const FOLDERS = ['region', 'objects', 'metrics']
const FILES = [
  'thread/area.cc',
  'thread/area_pool.cc',
  'thread/trust.cc',
  'sections/tables.h',
  'sections/x86_64.h',
]
const native = (...parts) => join('src', 'native', ...parts)
const files = [
  ...FOLDERS.flatMap((folder) => readdirSync(join(root, native(folder))).map((name) => native(folder, name))),
  ...FILES.map((name) => native(name)),
  'src/ts/backend/hot-calls.ts',
  'src/ts/backend/addon.ts',
]
const chosen =
  positionals.length === 0 ? files : files.filter((file) => positionals.some((part) => file.endsWith(part)))
if (chosen.length === 0) fail(`no file ends with ${positionals.join(' or ')}`)

const reasons = JSON.parse(readFileSync(join(import.meta.dirname, 'reasons.json'), 'utf8'))

/** So many of them, in their order; the same seed, the same ones. */
function sample(all, count) {
  let state = Number(values.seed)
  const order = all.map((mutant, index) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return { mutant, index, key: state >>> 8 }
  })
  const some = order.sort((a, b) => a.key - b.key).slice(0, count)
  return some.sort((a, b) => a.index - b.index).map(({ mutant }) => mutant)
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text.slice(0, 100)}`)
}

const program = new Program()
await program.prepare()

/**
 * What became of a mutant: 'killed by structures', 'killed by tests', 'lives', 'the same', or 'does not compile'.
 *
 * @param known what was built already, and what became of that
 * @param isGiven whether there is a reason for it to live
 */
async function fate({ file, text }, known, isGiven) {
  const changed = await program.change(file, text)
  if (changed === null) return 'does not compile'
  if (known.get(changed) === 'killed by structures') return 'the same'
  if (file.endsWith('.ts')) {
    if (known.has(changed)) return 'the same'
  } else {
    if (!known.has(changed) && (await program.structuresFail())) {
      known.set(changed, 'killed by structures')
      return 'killed by structures'
    }
    if (values.quick || isGiven) return 'untested'
    // What is inline in the addon alone is in no object of `structures`.
    const addon = await program.build()
    if (addon === null) return 'does not compile'
    if (known.has(addon)) return 'the same'
    known.set(addon, 'tested')
  }
  known.set(changed, 'tested')
  return (await program.testsFail(file)) ? 'killed by tests' : 'lives'
}

let unexplained = 0

/** @returns the row of a file */
async function examine(file) {
  const text = readFileSync(join(root, file), 'utf8')
  const all = mutantsOf(file, text)
  const some = values.sample === undefined ? all : sample(all, Number(values.sample))
  const given = reasons[file] ?? {}
  const fates = new Fates(file, text, values.again)
  const outlives = ({ change }) => ['lives', 'untested'].includes(fates.of(change))
  const isExcused = ({ change }) => given[change] !== undefined
  const isSettled = (mutant) => (outlives(mutant) ? isExcused(mutant) : fates.of(mutant.change) !== undefined)
  const known = new Map()
  if (!some.every(isSettled)) {
    known.set(await program.change(file, text), 'tested')
    if (!file.endsWith('.ts')) known.set(await program.build(), 'tested')
    if (!values.quick && (await program.testsFail(file)))
      fail(`${program.testsOf(file).join(' ')} fail when nothing is changed`)
  }
  const counts = {}
  const living = []
  for (const [index, mutant] of some.entries()) {
    progress(`${file} ${index + 1}/${some.length} ${mutant.line}`)
    if (!isSettled(mutant)) fates.set(mutant.change, await fate(mutant, known, isExcused(mutant)))
    const came = fates.of(mutant.change)
    counts[came] = (counts[came] ?? 0) + 1
    if (!outlives(mutant)) continue
    if (isExcused(mutant) || came === 'lives') living.push(mutant)
    if (isExcused(mutant)) continue
    progress('')
    console.log(
      `${came === 'lives' ? 'lives' : 'survives structures'}: ${file}:${mutant.number}: ${mutant.kind}: ${mutant.change}`,
    )
  }
  await program.change(file, text)
  progress('')
  const without = living.filter((mutant) => !isExcused(mutant))
  unexplained += without.length
  const has = (mutants, change) => mutants.some((one) => one.change === change)
  for (const change of Object.keys(given)) {
    const is = has(all, change)
    if (!is || (has(some, change) && !has(living, change)))
      console.log(`${is ? 'a reason for a mutant that died' : 'a reason for no mutant'}: ${file}: ${change}`)
  }
  const count = (what) => counts[what] ?? 0
  const mutants = some.length - count('does not compile') - count('the same')
  const part =
    some.length < all.length ? `a sample of ${some.length} of ${all.length} changes` : `${all.length} changes`
  return `${file}: ${part}, ${count('does not compile')} do not compile, ${count('the same')} change nothing; ${mutants} mutants: ${count('killed by structures')} killed by structures, ${count('killed by tests')} by tests, ${living.length - without.length} live with a reason, ${without.length} without`
}

const rows = []
for (const file of chosen) {
  const row = await examine(file)
  rows.push(row)
  console.log(row)
}
// What ran another time stays as it was.
const rowOf = (file, all) => all.find((row) => row.startsWith(`${file}: `))
const all = files.map((file) => rowOf(file, [...rows, ...sectionOf('test:mutants')]) ?? `${file}: not run`)
if (!values.quick) report('test:mutants', all)
process.exit(unexplained === 0 ? 0 : 1)
