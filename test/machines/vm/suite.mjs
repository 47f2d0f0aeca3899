// The behaviour tests in the worlds that a kernel has a part in, in a machine: the tests of `npm test` about threads and kernels.
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cache } from '../../../scripts/cache.mjs'
import { root } from '../../support/runner.mjs'
import { behaviourBelow, stress } from '../../support/worlds.mjs'
import { output } from '../debian/command.mjs'
import { once } from '../debian/once.mjs'
import { runInCell } from './boot.mjs'
import { nameOf } from './cells.mjs'

/** What a kernel answers, or does to threads; one world is enough. The two halves take about as long. */
const KERNEL = [
  ['stress/abort-check', 'unit/preemption/preemption', 'unit/preemption/monitor', 'unit/metrics/survey'],
  ['unit/thread/lifecycle', 'unit/preemption/turns', 'unit/preemption/measure', 'unit/backend/stale'],
]

/** What no kernel changes: other libcs are played to `area`, entries are memory, and fast calls are V8's. */
const ONCE = ['unit/thread/area', 'unit/region/entries', 'unit/backend/fastcalls', 'unit/metrics/pouring']
const fileOf = (name) => `test/${name}.test.ts`

/** Their sections are met under stress. */
const STRUCTURES = ['unit/pool/pool', 'unit/ring/ring']

/** What a world is made of, where that is not its registration: how JavaScript gets in, and what a thread becomes. */
const IN_EACH = ['unit/thread/cpu', 'unit/counter/exact', 'unit/thread/status']

const inWorlds = (names, files) => [
  ...names.flatMap((name) => ['--world', name]),
  ...files.map((file) => (file.startsWith('test/') ? file : fileOf(file))),
]
const elsewhere = [...KERNEL.flat(), ...ONCE, ...STRUCTURES].map(fileOf)
const everything = behaviourBelow.filter((path) => !elsewhere.includes(path))

/**
 * test/support/run.mjs's arguments for each part of the suite. A kernel has no part in `portable`, and `enosys` is to it what
 * `eperm` is. An emulated machine keeps one CPU busy, and two run at a time.
 */
const PARTS = {
  world: inWorlds(['default'], everything),
  'other worlds': inWorlds(['eperm', 'self', 'inject'], everything),
  registrations: inWorlds(['eperm', 'mixed'], IN_EACH),
  'ways in': inWorlds(['napi', 'mixed'], [...IN_EACH, 'unit/counter/batch', 'unit/counter/counter']),
  threads: inWorlds(['default'], KERNEL[0]),
  processes: inWorlds(['default'], KERNEL[1]),
  once: inWorlds(['default'], ONCE),
  structures: inWorlds(['self', 'inject'], STRUCTURES),
  // With delays inside the sections: aborts are met in each.
  stress: inWorlds(['inject'], stress),
}

/** What every change must pass: that a kernel can change. */
export const EVERY_CHANGE = [['threads'], ['processes'], ['world'], ['stress'], ['registrations']]

/** Processes need seconds to start, and a section has to be met. */
const LONGER = { stress: 'RSEQ_TEST_INCREMENTS=60000 RSEQ_TEST_SECONDS=16 ' }

/** node_modules for another machine: vitest has parts that are compiled. */
function modules(arch) {
  const lock = readFileSync(join(root, 'package-lock.json'))
  const name = `${arch}-${createHash('sha256').update(lock).digest('hex').slice(0, 16)}`
  return once(join(cache, 'modules', name), (folder) => {
    for (const file of ['package.json', 'package-lock.json']) cpSync(join(root, file), join(folder, file))
    const where = ['--os=linux', `--cpu=${arch}`, '--libc=glibc']
    output('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', ...where], { cwd: folder })
  })
}

/** A stage of its own with node_modules: vitest writes there, and two parts may run at a time. */
function furnished(arch, folder) {
  const own = mkdtempSync(join(tmpdir(), 'rseq-vm-suite-'))
  process.on('exit', () => rmSync(own, { recursive: true, force: true }))
  cpSync(folder, own, { recursive: true })
  cpSync(join(modules(arch), 'node_modules'), join(own, 'node_modules'), { recursive: true })
  return own
}

/**
 * @param {object} cell of cells.mjs
 * @param {{ folder: string, parts?: string[], echo?: boolean }} options folder: of stage(); parts: of PARTS, or all
 * @returns {Promise<import('./cells.mjs').Result>}
 */
export async function suite(cell, { folder, parts = Object.keys(PARTS), echo = false }) {
  const runs = parts.map(
    (part) =>
      `${LONGER[part] ?? ''}node test/support/run.mjs --no-build ${PARTS[part].join(' ')} || failed=1`,
  )
  const fewer =
    'RSEQ_TEST_LANES=1 RSEQ_TEST_WORKERS=4 RSEQ_TEST_INCREMENTS=20000 RSEQ_TEST_LIVES=20 RSEQ_TEST_TIMEOUT=600000'
  const command = `export ${fewer}; failed=0; ${runs.join('; ')}; exit $failed`
  const what = `${nameOf(cell)}, the suite (${parts.join(', ')})`
  // A machine that hangs has said where.
  const follow = (line) => {
    if (/\.test\.ts.* \(\d+ tests?\b/.test(line)) console.log(`${what}: ${line.trim()}`)
  }
  const { status, stdout, stderr, kernel, seconds } = await runInCell(
    cell,
    furnished(cell.arch, folder),
    command,
    // test/native/fake.c is built against this C library.
    { suite: 'bookworm', packages: ['util-linux'], mem: 4096, timeout: 3000, follow: echo ? follow : null },
  )
  const totals = [...stdout.matchAll(/^(\d+) passed, (\d+) failed/gm)]
  const sum = (column) => totals.reduce((all, total) => all + Number(total[column]), 0)
  const faults = sum(2) > 0 ? [`suite: ${sum(2)} failed`] : []
  if (status !== 0 || totals.length !== parts.length) faults.push(`suite: ended with ${status}`)
  if (echo) {
    console.log(`\n${what}: ${kernel}, emulated, ${seconds.toFixed(0)} s\n${stdout}`)
    if (faults.length > 0) console.log(stderr)
  }
  return { cell, release: kernel, seconds, passed: sum(1), faults }
}
