// npm run test:stress -- forged [COUNT] [SEED] [--write]: files of a region whose structures were forged, and which are
// used in every way: by all classes, on pages, by the command, alone and beside processes that work in them. No crash, no
// error that is not documented, no call of more than two seconds, and no process that grows by more than 64 MB and 20 times
// what the file has on its disk. node test/stress/forged.mjs --size NAME: one of test/fixtures/forged/sizes.mjs.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fail, root } from '../support/runner.mjs'
import { report } from './results.mjs'

const words = process.argv.slice(2).filter((word) => word !== '--write')
const single = words[0] === '--size' ? words[1] : null
const [count, seed] =
  single === null ? [Number(words[0] ?? 100_000), Number(words[1] ?? Date.now() % 2 ** 30)] : [0, 0]
/** Files of one process: what crashes or grows does not go on in the others. */
const SLICE = 500
const LANES = 2
/** Milliseconds between two lines of a process, which must not be waited for longer. */
const PATIENCE = Number(process.env.RSEQ_FORGED_PATIENCE ?? 20_000)
/** … before its first line. */
const PATIENCE_AT_START = 60_000
/** … of a process for one file alone. */
const PATIENCE_ALONE = 120_000
/** With so many different ones, there is enough to do. */
const MOST_VIOLATIONS = 40
const MB = 2 ** 20

const program = join(root, 'test', 'fixtures', 'forged.mjs')
// In memory: a disk would be what all the time is spent on.
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'rseq-forged-'))
const total = {
  mutations: 0,
  operations: 0,
  outcomes: {},
  slowest: { ms: 0, what: '' },
  largest: { bytes: 0, allocated: 0, what: '' },
}
const violations = new Map()
/** What was too slow or too large once, and not when it was tried alone. */
let unconfirmed = 0

/** Process groups that run. */
const running = new Set()

function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // all of it has ended
  }
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const pid of running) endGroup(pid)
    rmSync(scratch, { recursive: true, force: true })
    process.exit(1)
  })
}

/**
 * Runs the program to its end.
 *
 * @param patience milliseconds for all of it
 * @returns last: its last line; violations; of the lines before, the last seed, what and call; ended: how, if not well
 */
async function run(args, patience) {
  const folder = mkdtempSync(join(scratch, 'run-'))
  // A group of its own, to be ended with all that it has started.
  const child = spawn(process.execPath, ['--no-warnings', program, ...args], {
    detached: true,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const seen = { last: null, violations: [], seed: null, what: '', call: '', ended: '' }
  running.add(child.pid)
  const endAfter = (milliseconds) =>
    setTimeout(() => {
      seen.ended ||= `no end after ${milliseconds / 1000} s`
      endGroup(child.pid)
    }, milliseconds)
  const timers = [patience === undefined ? undefined : endAfter(patience)]
  const wait = (milliseconds) => {
    clearTimeout(timers[1])
    timers[1] = endAfter(milliseconds)
  }
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr = (stderr + chunk).slice(0, 4000)))
  createInterface({ input: child.stdout }).on('line', (line) => {
    wait(PATIENCE)
    const said = JSON.parse(line)
    if (said.call !== undefined) seen.call = said.call
    else if (said.violation !== undefined) seen.violations.push(said.violation)
    else if (said.seed !== undefined || said.size !== undefined) Object.assign(seen, said)
    else seen.last = said
  })
  wait(PATIENCE_AT_START)
  const [status, signal] = await new Promise((resolve) => child.once('close', (...ended) => resolve(ended)))
  for (const timer of timers) clearTimeout(timer)
  endGroup(child.pid)
  running.delete(child.pid)
  if (status !== 0) seen.ended ||= `ended with ${status ?? signal}: ${stderr}`
  else if (stderr !== '') seen.ended = `said on its standard error: ${stderr}`
  rmSync(folder, { recursive: true, force: true })
  return seen
}

function add({ last }) {
  if (last === null) return
  total.mutations += last.mutations
  total.operations += last.operations
  for (const [group, counts] of Object.entries(last.outcomes)) {
    for (const [said, n] of Object.entries(counts)) {
      total.outcomes[said] ??= {}
      total.outcomes[said][group] = (total.outcomes[said][group] ?? 0) + n
    }
  }
  if (last.slowest.ms > total.slowest.ms) total.slowest = last.slowest
  if (last.largest.bytes > total.largest.bytes) total.largest = last.largest
}

/** Tells it, once of each kind, and how to have it again. */
function violate({ which, what, said, case: forged }, again) {
  const kind = `${which}: ${what}: ${said
    .split('\n')[0]
    .replace(/\d+|\[.*\]|"[^"]*"|'[^']*'/g, '…')
    .slice(0, 80)}`
  violations.set(kind, (violations.get(kind) ?? 0) + 1)
  if (violations.get(kind) > 1) return
  console.log(`${which}: ${what}: ${said}\n  of: ${forged}\n  again: node test/stress/forged.mjs ${again}`)
}

/** What depends on how busy the machine is, or on what the process did before, has to be so of the file alone. */
async function confirm(number, found) {
  const again = await run(['1', String(number), '--precise'], PATIENCE_ALONE)
  const all = again.violations
  if (again.ended !== '')
    all.push({ which: 'end', what: again.call, said: again.ended, case: [again.what].flat().join('; ') })
  for (const one of all) violate(one, `1 ${number}`)
  if (all.length > 0) return
  unconfirmed++
  console.log(`${found} (seed ${number}): not when it is alone`)
}

async function slice(first, length) {
  for (let from = first; from < first + length && violations.size < MOST_VIOLATIONS; ) {
    const seen = await run([String(first + length - from), String(from)])
    add(seen)
    const all = seen.violations
    for (const one of all) if (!['time', 'growth'].includes(one.which)) violate(one, `1 ${one.seed}`)
    const doubtful = new Set(
      all.filter(({ which }) => ['time', 'growth'].includes(which)).map((one) => one.seed),
    )
    for (const one of [...doubtful].slice(0, 3)) await confirm(one, 'time or growth')
    if (seen.ended === '') return
    await confirm(seen.seed ?? from, seen.ended)
    // What those before it did is not in the totals.
    total.mutations += (seen.seed ?? from) - from + 1
    from = (seen.seed ?? from) + 1
  }
}

async function size(name) {
  const seen = await run(['size', name], PATIENCE_ALONE)
  add(seen)
  for (const one of seen.violations) violate(one, `--size '${name}'`)
  if (seen.ended !== '')
    violate({ which: 'end', what: seen.call, said: seen.ended, case: name }, `--size '${name}'`)
}

const { stdout } = spawnSync(process.execPath, [program, 'sizes'], { encoding: 'utf8' })
const sizes = single === null ? JSON.parse(stdout) : [single]
// Few mutations are a look whether all works: those files take their time.
const work = count < SLICE && single === null ? [] : sizes.map((name) => () => size(name))
for (let i = 0; i < count; i += SLICE) work.push(() => slice(seed + i, Math.min(SLICE, count - i)))
if (single === null) console.log(`seed ${seed}`)
const began = Date.now()
await Promise.all(
  Array.from({ length: LANES }, async () => {
    for (let next = work.shift(); next !== undefined; next = work.shift())
      if (violations.size < MOST_VIOLATIONS) await next()
  }),
)
rmSync(scratch, { recursive: true, force: true })

const { slowest, largest } = total
const sum = [...violations.values()].reduce((all, n) => all + n, 0)
report('test:stress -- forged', [
  `seed ${seed}: ${total.mutations} forged files, ${total.operations} operations, ${Math.round((Date.now() - began) / 1000)} s`,
  `slowest: ${slowest.ms.toFixed()} ms: ${slowest.what.slice(0, 300)}`,
  `largest growth: ${(largest.bytes / MB).toFixed(1)} MB, of a file with ${(largest.allocated / MB).toFixed(2)} MB on its disk: ${largest.what.slice(0, 300)}`,
  `said: ${JSON.stringify(total.outcomes)}`,
  `too slow or too large beside others, and not alone: ${unconfirmed}`,
  `violations: ${sum}, of ${violations.size} kinds`,
])
if (sum > 0) fail('see above')
