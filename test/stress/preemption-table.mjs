// npm run test:stress -- preemption-table: what a PreemptionProbe sees on this kernel. Prints how often, of so many times each
// thing was done: alone on CPU 0 as far as the machine lets it, but for the last row.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { release } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { cpuId, PreemptionProbe, status } from 'rseq'

const TIMES = 200
const HELPERS = join(import.meta.dirname, '..', 'native', 'build', 'Release', 'helpers.node')
const helpers = createRequire(import.meta.url)(HELPERS)
const probe = new PreemptionProbe()
const tid = helpers.gettid()
const { online } = status().cpus

/** @param counts what says whether it has happened, by a number that grows: else there is nothing to see */
function row(name, act, { before = () => {}, counts } = {}) {
  let seen = 0
  let times = 0
  for (let i = 0; i < TIMES; i++) {
    before()
    const count = counts?.()
    probe.arm()
    act()
    const { interrupted } = probe
    if (counts !== undefined && counts() === count) continue
    times++
    if (interrupted) seen++
  }
  console.log(`${name.padEnd(52)} ${seen} of ${times}`)
}

/** How often this thread has waited. */
function waits() {
  return /^voluntary_ctxt_switches:\s*(\d+)/m.exec(readFileSync('/proc/thread-self/status', 'utf8'))[1]
}

/** Does something to this thread from outside, when told to, and says that it has. */
async function byAnother(name, code) {
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(
    `const { shared, tid, HELPERS } = require('node:worker_threads').workerData
    const helpers = require(HELPERS)
    helpers.pin(0, 1)
    for (let round = 1; ; round++) {
      while (Atomics.load(shared, 0) < round) if (Atomics.load(shared, 0) < 0) process.exit()
      ${code}
      Atomics.store(shared, 1, round)
    }`,
    { eval: true, workerData: { shared, tid, HELPERS } },
  )
  await once(worker, 'online')
  let round = 0
  row(
    name,
    () => {
      Atomics.store(shared, 0, ++round)
      // Takes some microseconds after the other thread is through with it.
      const end = performance.now() + 0.05
      while (Atomics.load(shared, 1) < round || performance.now() < end);
    },
    { before: () => cpuId() !== 0 && helpers.pin(0, 0) },
  )
  Atomics.store(shared, 0, -1)
  await once(worker, 'exit')
}

const { area } = status()
console.log(`Linux ${release()} ${process.arch}, area registered with ${area.registeredSize} bytes`)
helpers.pin(0, 0)
row('nothing', () => {})
row('a system call that does not wait: getppid', () => helpers.systemCall(0))
row('… a pipe: made, written, read and closed', () => helpers.systemCall(1))
row('sched_yield', () => helpers.systemCall(2))
row('a system call that waits: nanosleep', () => helpers.systemCall(3), { counts: waits })
row('a signal to itself', () => helpers.signal(0))
if (online > 1) {
  row('moves itself: sched_setaffinity', () => helpers.pin(0, cpuId() === 0 ? 1 : 0))
  row(
    'moves itself away and back',
    () => {
      helpers.pin(0, 1)
      helpers.pin(0, 0)
    },
    { before: () => helpers.pin(0, 0) },
  )
  helpers.pin(0, 0)
  await byAnother('a signal by another thread, while it runs', 'helpers.signal(tid)')
  await byAnother('moved by another thread, while it runs', 'helpers.pin(tid, 1)')
}
