import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { PerCpuCounter, status } from '../../index'
import { CHUNK, COUNTER, type DemoWork, demoMemory, type PhaseNews, type ReadyNews, STRIDE } from './memory'

const { memory, worker, increments, epoch } = workerData as DemoWork
const port = parentPort as MessagePort
const counter = PerCpuCounter.named(COUNTER)
/** Enough calls of each loop for the compiler to have finished with it. */
const WARM_UP_CALLS = 40
const WARM_UP_INCREMENTS = 5_000

function countPerCpu(target: PerCpuCounter, n: number): void {
  for (let i = 0; i < n; i++) target.inc()
}

function countShared(target: Int32Array, n: number): void {
  for (let i = 0; i < n; i++) Atomics.add(target, 0, 1)
}

/** Adds all increments, and says how far it is after each chunk, in this worker's own cache line. */
function count(add: (n: number) => void): void {
  let chunks = 0
  for (let left = increments; left > 0; left -= CHUNK) {
    add(Math.min(CHUNK, left))
    Atomics.store(memory.done, worker * STRIDE, ++chunks)
  }
}

function now(): number {
  return Number(process.hrtime.bigint() - epoch)
}

const ownCounter = new PerCpuCounter()
const ownMemory = demoMemory(1)
for (let i = 0; i < WARM_UP_CALLS; i++) {
  countPerCpu(ownCounter, WARM_UP_INCREMENTS)
  countShared(ownMemory.shared, WARM_UP_INCREMENTS)
}
const { backend, registration } = status()
port.postMessage({ backend, registration } satisfies ReadyNews)

/** Of PHASES. */
const loops = [
  (n: number): void => countPerCpu(counter, n),
  (n: number): void => countShared(memory.shared, n),
]
for (const [phase, loop] of loops.entries()) {
  // Pairs with the store and notify in race.ts: nobody counts before everybody is ready.
  while (Atomics.load(memory.gate, 0) <= phase) Atomics.wait(memory.gate, 0, phase)
  const started = now()
  count(loop)
  port.postMessage({ started, ended: now() } satisfies PhaseNews)
}
