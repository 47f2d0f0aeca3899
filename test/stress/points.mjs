// npm run test:stress -- points [SECONDS] [--machine ARCH/KERNEL [--no-build]] [--write]: everything at once with a delay between any two instructions of every
// critical section, at 25, 50 and 100 % of visits, here or in a machine. All sums must be exact, and each operation's section
// must have been aborted at each of its points. What is delayed, and how, is points/cxx.mjs's.
//
// A section may make no system call (a kernel that checks, rseq_debug=1, kills for it), so it cannot yield, sleep or send
// itself a signal. What it would see of these comes from outside, into the delays: seven threads on one CPU, so that it is off
// the CPU while others are in the same sections with the same cells; and, in some runs, a timer's signals to each thread.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mustRun } from '../support/runner.mjs'
import { fastAddon, stage } from '../support/worlds.mjs'
import { Findings, helpers, OWN, root, run, scratch } from './findings.mjs'

/** `watch` is the abort check's: it waits in its loop for an abort, and ends with the fourth. It stores nothing to be lost. */
const SECTIONS = ['add_i64', 'add_f64', 'compare_store', 'compare_store_store', 'append', 'watch']
const SIGNAL_US = 2000
const TIMER = { before: [helpers, 'startTimer', SIGNAL_US, 0], after: [helpers, 'signalsSeen'] }
const WAYS = [
  { way: 'libc’s areas', kind: 'preemption' },
  { way: 'areas of our own', kind: 'preemption', env: OWN },
  { way: 'libc’s areas, signals', kind: 'preemption and signals', options: TIMER },
]
const KINDS = [...new Set(WAYS.map(({ kind }) => kind))]

/** Builds the addon with the delays. @returns where it is, and its points */
async function build(arch, nodedir) {
  const { compilers } = await import('../../scripts/compilers.mjs')
  const folder = join(root, 'test', 'stress', 'points')
  const list = join(scratch, 'points')
  const { CC, CXX } = compilers(arch)
  const gyp = [join(root, 'scripts', 'node-gyp.mjs'), 'rebuild', '--directory', folder, `--arch=${arch}`]
  mustRun(process.execPath, gyp, {
    env: {
      ...(nodedir !== undefined && { npm_config_nodedir: nodedir }),
      CC,
      CXX: join(folder, 'cxx.mjs'),
      RSEQ_POINT_CXX: CXX,
      RSEQ_POINT_LIST: list,
    },
  })
  const lines = readFileSync(list, 'utf8').trim().split('\n')
  return {
    addon: join(folder, 'build', 'Release', 'rseq_points.node'),
    points: lines.map((line) => JSON.parse(line)),
  }
}

/** One run. @returns what came of it, and the aborts by their points, as [point, count] */
function trial(staged, percent, { way, kind, env, options: more }, seconds) {
  const file = join(scratch, 'aborts')
  rmSync(file, { force: true })
  const program = join(staged, 'test', 'fixtures', 'everything.cjs')
  const options = { workers: 6, milliseconds: seconds * 1000, ...more }
  // The abort check has a section, too.
  const result = run('taskset', ['-c', '0', process.execPath, program, JSON.stringify(options)], {
    cwd: staged,
    env: { ...env, RSEQ_PROBE: '1', RSEQ_POINT_PERCENT: `${percent}`, RSEQ_POINT_FILE: file },
    seconds: seconds * 5 + 300,
  })
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  const aborts = lines.map((line) => line.split(' ').map(Number))
  return { what: `delays at ${percent} % of visits, ${way}`, kind, result, aborts }
}

function runHere(addon, seconds) {
  const staged = stage({ 'rseq.node': addon, 'rseq_fast.node': fastAddon() })
  process.on('exit', () => rmSync(staged, { recursive: true, force: true }))
  const trials = [25, 50, 100].flatMap((percent) => WAYS.map((way) => trial(staged, percent, way, seconds)))
  return { kernel: release(), trials }
}

async function runInMachine(machine, seconds, noBuild) {
  const { inMachine } = await import('./machine.mjs')
  const { NODE } = await import('../machines/vm/stage.mjs')
  const { fetchNode } = await import('../../scripts/nodes.mjs')
  const [arch] = machine.split('/')
  const { addon, points } = await build(arch, fetchNode(arch, NODE))
  const command = `node test/stress/points.mjs ${seconds} --addon /mnt/rseq_points.node`
  const files = { 'rseq_points.node': addon }
  return { points, ...(await inMachine(machine, command, { files, noBuild, timeout: 3000 })) }
}

/** What all runs say of one section. */
function tell(findings, name, points, trials) {
  const counted = KINDS.map((kind) => {
    const counts = new Map()
    for (const { index, before, point } of points) {
      const all = trials.filter((one) => one.kind === kind).flatMap(({ aborts }) => aborts)
      const count = all.reduce((sum, [at, times]) => (at === point ? sum + times : sum), 0)
      counts.set(index, { before, count: count + (counts.get(index)?.count ?? 0) })
    }
    return { kind, own: [...counts].sort(([a], [b]) => a - b).map(([, one]) => one) }
  })
  const what = `${name}, aborts before each of its instructions`
  const says = counted.map(({ kind, own }) => `${own.map(({ count }) => count).join(', ')} by ${kind}`)
  if (name === 'watch') return findings.note(`${what}: ${says.join('; ')}`)
  const missed = counted.flatMap(({ kind, own }) =>
    own.filter(({ count }) => count === 0).map(({ before }) => `never aborted before “${before}” by ${kind}`),
  )
  findings.add(what, {}, points.length > 0 ? missed : ['it has no points'], says.join('; '))
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    machine: { type: 'string' },
    addon: { type: 'string' },
    'no-build': { type: 'boolean' },
    write: { type: 'boolean' },
  },
})
const { machine, addon } = values
const seconds = Number(positionals[0] ?? 20)
if (addon !== undefined) {
  // In the machine.
  console.log(JSON.stringify(runHere(addon, seconds)))
} else {
  const here = async () => {
    const built = await build(process.arch)
    return { ...runHere(built.addon, seconds), points: built.points }
  }
  const { kernel, points, trials } = await (machine === undefined
    ? here()
    : runInMachine(machine, seconds, values['no-build']))
  const findings = new Findings(
    machine === undefined ? 'test:stress -- points' : `test:stress -- points, ${machine}, emulated`,
  )
  for (const { what, result, aborts } of trials) {
    const all = aborts.reduce((sum, [, count]) => sum + count, 0)
    const signals = result.after === undefined ? '' : `, ${result.after.toLocaleString('en')} signals`
    const wrong = all > 0 ? [] : ['no section was aborted']
    if (result.after === 0) wrong.push('no signal came')
    findings.add(what, result, wrong, `${all} aborts${signals}`)
  }
  for (const name of SECTIONS) {
    tell(
      findings,
      name,
      points.filter(({ section }) => section === name),
      trials,
    )
  }
  findings.finish(kernel)
}
