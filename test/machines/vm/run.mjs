// npm run test:machines -- vm [options]: the tests in virtual machines, and one line of totals at the end.
import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { MAJORS } from '../../../scripts/nodes.mjs'
import { fail, finish } from '../../support/runner.mjs'
import { canDebug, GLIBC, nameOf, resolve, rowOf } from './cells.mjs'
import { hotplug } from './hotplug.mjs'
import { newestKernel } from './kernel.mjs'
import { inLanes } from './lanes.mjs'
import { nodes } from './nodes.mjs'
import { smoke } from './smoke.mjs'
import { build, stage } from './stage.mjs'
import { EVERY_CHANGE, suite } from './suite.mjs'

const HELP = `npm run test:machines -- vm [options]

Without an option that names a machine, what every change must pass: on arm64 with Linux 6.12 the behaviour that a
kernel can change, each way to be registered, stress, the package under the newest Node, and CPUs that come and go; smokes on
arm64 with 6.19 and on the newest kernel of both architectures. --suite has all behaviour in more worlds, and --nodes each Node.

  --arch A      arm64 (default) or x64 (amd64): one machine, all worlds of the smoke in it
  --kernel V    the start of a Debian kernel's version, such as 6.12 (default), or newest
  --glibc V     ${Object.keys(GLIBC).join(', ')}; default 2.41
  --smp N       CPUs of the machine, default 4; this machine's do all the work
  --workers N   workers that count in each world, default 16
  --debug       the kernel checks all that it can (rseq_debug=1; 7.1 or later)
  --quick       fewer worlds
  --suite       the behaviour tests instead, on glibc 2.36
  --hotplug     workers count while CPUs go and come, instead
  --nodes       the package under each Node, instead
  --no-build    takes lib/ and prebuilds/ as they are

Everything is emulated: it shows what is right, never how fast.`

/** What else than the smoke can be done in one machine. */
const INSTEAD = { suite, hotplug, nodes }

function parse() {
  const text = { type: 'string' }
  const flag = { type: 'boolean', default: false }
  const { values } = parseArgs({
    options: {
      ...{ arch: text, kernel: text, glibc: text, smp: text, workers: text },
      ...{ debug: flag, quick: flag, suite: flag, hotplug: flag, nodes: flag, 'no-build': flag, help: flag },
    },
  })
  const { arch = 'arm64', kernel = '6.12', glibc = '2.41', smp = '4', workers = '16' } = values
  const machine = { arch: arch === 'amd64' ? 'x64' : arch, glibc, smp: Number(smp), debug: values.debug }
  if (!['arm64', 'x64'].includes(machine.arch))
    throw new Error(`--arch: expected arm64 or x64, received ${arch}`)
  if (!(glibc in GLIBC))
    throw new Error(`--glibc: expected ${Object.keys(GLIBC).join(', ')}, received ${glibc}`)
  for (const [name, number] of Object.entries({ smp, workers }))
    if (!/^[1-9]\d?$/.test(number)) throw new Error(`--${name}: expected 1 to 99, received ${number}`)
  const named =
    ['arch', 'kernel', 'glibc', 'smp', ...Object.keys(INSTEAD)].some((name) => values[name]) || values.debug
  return { ...values, named, workers: Number(workers), cell: { ...machine, kernel } }
}

/** What every change must pass. */
function everyChange() {
  const cell = (arch, kernel, debug = false) => ({ arch, kernel, glibc: '2.41', smp: 2, debug })
  const few = { few: true, workers: 4 }
  return [
    ...EVERY_CHANGE.map((parts) => [suite, cell('arm64', '6.12'), { parts }]),
    [nodes, cell('arm64', '6.12'), { majors: MAJORS.slice(-1) }],
    [hotplug, { ...cell('arm64', '6.12'), smp: 4 }, {}],
    [smoke, cell('arm64', '6.19'), few],
    ...['arm64', 'x64'].map((arch) => [smoke, cell(arch, newestKernel(arch), true), few]),
  ]
}

let options
try {
  options = parse()
} catch (error) {
  fail(`${error.message}\n\n${HELP}`)
}
if (options.help) {
  console.log(HELP)
  process.exit(0)
}
if (!options['no-build']) build()

const { cell, workers, quick: few } = options
cell.kernel = resolve(cell.arch, cell.kernel)
if (cell.debug && !canDebug(cell.kernel)) fail(`--debug: expected a kernel from 7.1, received ${cell.kernel}`)
const instead = Object.keys(INSTEAD).find((name) => options[name])
const what = INSTEAD[instead] ?? smoke
const jobs = options.named ? [[what, cell, { workers, few }]] : everyChange()
const stages = new Map()
for (const [, { arch }] of jobs) if (!stages.has(arch)) stages.set(arch, stage(arch))
const rows = []
await inLanes(availableParallelism() > 1 ? 2 : 1, jobs, async ([job, where, how]) => {
  try {
    rows.push(rowOf(await job(where, { ...how, folder: stages.get(where.arch), echo: true })))
  } catch (error) {
    // No machine could be made: no such kernel, or nothing to make it of.
    console.error(`${nameOf(where)}: ${error.message}`)
    rows.push(rowOf({ cell: where, seconds: 0, passed: 0, faults: [error.message] }))
  }
})
for (const folder of stages.values()) rmSync(folder, { recursive: true })
finish(rows)
