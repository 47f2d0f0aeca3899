// npm run test:stress -- abort-check [--machine ARCH/KERNEL] [--throttled MS | --alone] [--write]: the abort check under full load, beside busy
// processes on each CPU; or where each process gets MS of every 100 ms; or of one process alone. Many ask at a
// time; none may wait for an answer for ever, none may get the wrong one, and every count must be exact. What the
// kernel deserves is its own business: x64 and Linux 7.1 abort sections, arm64 6.19 to 7.0.13 do not.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism, release } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { report } from './results.mjs'
import { throttled } from './throttle.mjs'

const ASKING = 8
const BUSY_PER_CPU = 4
/** Of each asking process, in milliseconds: some tries. */
const PATIENCE = 70_000
const PROGRAM = join(import.meta.dirname, '..', 'fixtures', 'abort-check.mjs')

function start(args, env = {}, prefix = []) {
  const [command, ...rest] = [...prefix, process.execPath, ...args]
  return spawn(command, rest, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function ask() {
  const group = values.throttled === undefined ? undefined : throttled(Number(values.throttled))
  const patience = values.alone ? 2000 : PATIENCE
  const child = start([PROGRAM], { RSEQ_PROBE: '1', RSEQ_TEST_PATIENCE: `${patience}` }, group?.start)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part) => (text += part))
  const [code] = await once(child, 'close')
  group?.remove()
  if (code !== 0) throw new Error(`an asking process ended with ${code}`)
  return JSON.parse(text)
}

/** Here. */
async function run() {
  const isBusy = !values.alone && values.throttled === undefined
  const length = isBusy ? BUSY_PER_CPU * availableParallelism() : 0
  const busy = Array.from({ length }, () => start(['-e', 'for (;;);']))
  const reports = await Promise.all(Array.from({ length: values.alone ? 1 : ASKING }, ask)).finally(() => {
    for (const child of busy) child.kill('SIGKILL')
  })
  const inexact = reports.filter((one) => one.sum !== one.expected || one.byMmCid !== one.expectedByMmCid)
  const ended = reports.map(({ last }) =>
    last.available ? 'trusted' : last.message.includes('being tried') ? 'undecided' : 'refused',
  )
  // Null: by the time that it looked for the first time, or not at all.
  const late = reports.flatMap(({ answered }) => (answered === null ? [] : [`${answered.toFixed(0)} ms`]))
  return { kernel: release(), ended, late, inexact: inexact.length }
}

/** In a machine, whose Node runs this file again. */
async function runInMachine(machine) {
  const { inMachine } = await import('./machine.mjs')
  const how = [values.alone ? '--alone' : '', values.throttled ? `--throttled ${values.throttled}` : '']
  const groups = 'mount -t cgroup2 cgroup2 /sys/fs/cgroup'
  const command = `${groups}; node test/stress/abort-check.mjs --json ${how.join(' ')}`
  return inMachine(machine, command, { timeout: 600 })
}

const { values } = parseArgs({
  options: {
    machine: { type: 'string' },
    throttled: { type: 'string' },
    alone: { type: 'boolean' },
    write: { type: 'boolean' },
    json: { type: 'boolean' },
  },
})
const found = await (values.machine === undefined ? run() : runInMachine(values.machine))
if (values.json) {
  console.log(JSON.stringify(found))
} else {
  const counts = ['trusted', 'refused', 'undecided'].map(
    (what) => `${found.ended.filter((one) => one === what).length} ${what}`,
  )
  const where = values.machine === undefined ? 'here' : `${values.machine}, emulated`
  const asked = found.ended.length
  const beside = values.alone
    ? 'alone'
    : values.throttled
      ? `with ${values.throttled} ms of every 100 ms each`
      : `beside ${BUSY_PER_CPU} busy ones for each CPU`
  const lines = [
    `${asked} asked, ${beside}: ${counts.join(', ')}; later than the first look, after: ${found.late.join(', ') || 'none'}`,
    `${found.inexact} of ${asked} had a sum that was not exact`,
  ]
  const title = values.alone ? 'alone' : values.throttled ? 'throttled' : 'under load'
  report(`abort check ${title}, ${where}`, lines, found.kernel)
  const decided = new Set(found.ended.filter((one) => one !== 'undecided'))
  if (found.inexact > 0 || decided.size !== 1) process.exitCode = 1
}
