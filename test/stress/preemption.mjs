// npm run test:stress -- preemption SECONDS: how often a thread sees that it was interrupted, beside what the kernel says of it:
// alone on a CPU as far as the machine lets it, and with a busy process on the same one. Prints a line of JSON, in
// which seen and kernel are of the second part.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { cpuId, PreemptionProbe } from 'rseq'

const HELPERS = join(import.meta.dirname, '..', 'native', 'build', 'Release', 'helpers.node')
const SECONDS = Number(process.argv[2])
const helpers = createRequire(import.meta.url)(HELPERS)

/** Context switches of this thread: those that it did not ask for, and those where it waited. */
function switches() {
  const text = readFileSync('/proc/thread-self/status', 'utf8')
  const of = (name) => Number(new RegExp(`^${name}_ctxt_switches:\\s*(\\d+)`, 'm').exec(text)[1])
  return { involuntary: of('nonvoluntary'), voluntary: of('voluntary') }
}

/** Checks for so long. Looks at the clock seldom, for that may be a system call. */
function watch(probe, milliseconds) {
  const end = performance.now() + milliseconds
  let seen = 0
  while (performance.now() < end) for (let i = 0; i < 10_000; i++) if (probe.check()) seen++
  return seen
}

function part(milliseconds) {
  const probe = new PreemptionProbe()
  watch(probe, 50) // compiled by then
  const before = switches()
  probe.arm()
  const seen = watch(probe, milliseconds)
  const after = switches()
  return {
    seen,
    kernel: after.involuntary - before.involuntary,
    voluntary: after.voluntary - before.voluntary,
  }
}

const alone = part(SECONDS * 1000)

const cpu = cpuId()
helpers.pin(0, cpu)
const busy = spawn(process.execPath, [
  '-e',
  `require(${JSON.stringify(HELPERS)}).pin(0, ${cpu}); console.log('ready'); for (;;);`,
])
await once(busy.stdout, 'data')
const { seen, kernel, voluntary } = part(SECONDS * 1000)
busy.kill('SIGKILL')
await once(busy, 'exit')
console.log(JSON.stringify({ seen, kernel, voluntary, alone }))
