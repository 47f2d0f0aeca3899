// node points.mjs [SECONDS] [--write]: everything at once with a delay between any two instructions of every critical section, at
// 25, 50 and 100 % of visits. All sums must be exact, and each operation's section must have been aborted at each of its
// points. What is delayed, and how, is points/cxx.mjs's.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '../runner.mjs'
import { fastAddon, stage } from '../worlds.mjs'
import { Findings, OWN, root, run, scratch } from './findings.mjs'

const seconds = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 20)
const folder = join(root, 'test', 'reliability', 'points')
const list = join(scratch, 'points')

/** The sections by their instructions on x86-64. */
const NAMES = {
  'cmpl jne addq': 'add_i64',
  'cmpl jne movsd addsd movsd': 'add_f64',
  'cmpl jne cmpq jne movq': 'compare_store',
  'cmpl jne cmpq jne movq movq': 'compare_store_store',
  'cmpl jne cmpq jne movq movq movq subq jnz leaq movq': 'append',
  'cmpl jne movl movl cmpl jne subl jnz movl': 'watch',
}

if (process.arch !== 'x64') {
  console.error('points.mjs: points/cxx.mjs writes delays for x64 only')
  process.exit(1)
}
mustRun(process.execPath, [join(root, 'scripts', 'node-gyp.mjs'), 'rebuild', '--directory', folder], {
  env: { CXX: join(folder, 'cxx.mjs'), RSEQ_POINT_LIST: list },
})
const points = readFileSync(list, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
const unknown = points.find(({ section }) => NAMES[section] === undefined)
if (unknown !== undefined) throw new Error(`no name for the section ${unknown.section}`)
const staged = stage({
  'rseq.node': join(folder, 'build', 'Release', 'rseq_points.node'),
  'rseq_fast.node': fastAddon(),
})
process.on('exit', () => rmSync(staged, { recursive: true, force: true }))

const findings = new Findings('test:points')
/** Aborts by section and instruction, of all copies of a section. */
const aborts = new Map(
  points.map(({ section, index, before }) => [`${section}/${index}`, { section, index, before, count: 0 }]),
)

for (const percent of [25, 50, 100]) {
  for (const [whose, env] of [
    ['libc’s areas', {}],
    ['areas of our own', OWN],
  ]) {
    const file = join(scratch, `aborts-${percent}-${whose.length}`)
    const program = join(staged, 'test', 'fixtures', 'everything.cjs')
    // On one CPU: threads meet in each other's sections. The abort check has a section, too.
    const args = [
      '-c',
      '0',
      process.execPath,
      program,
      JSON.stringify({ workers: 6, milliseconds: seconds * 1000 }),
    ]
    const result = run('taskset', args, {
      cwd: staged,
      env: { ...env, RSEQ_PROBE: '1', RSEQ_POINT_PERCENT: `${percent}`, RSEQ_POINT_FILE: file },
      seconds: seconds * 5 + 60,
    })
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
    let all = 0
    for (const [number, count] of lines.map((line) => line.split(' ').map(Number))) {
      const { section, index } = points.find(({ point }) => point === number)
      aborts.get(`${section}/${index}`).count += count
      all += count
    }
    findings.add(
      `delays at ${percent} % of visits, ${whose}`,
      result,
      all > 0 ? [] : ['no section was aborted'],
      `${all} aborts`,
    )
  }
}

for (const [section, name] of Object.entries(NAMES)) {
  const own = [...aborts.values()].filter((one) => one.section === section).sort((a, b) => a.index - b.index)
  const counts = own.map(({ count }) => count).join(', ')
  if (name === 'watch') {
    // The abort check's: it waits in its loop for an abort, and ends with the fourth. It stores nothing that could be lost.
    findings.note(`${name}, aborts before each of its instructions: ${counts}`)
    continue
  }
  const missed = own
    .filter(({ count }) => count === 0)
    .map(({ before }) => `never aborted before “${before}”`)
  findings.add(`${name}, aborts before each of its instructions`, {}, missed, counts)
}
findings.finish()
