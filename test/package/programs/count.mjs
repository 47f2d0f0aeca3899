// Counts with two workers through a handle, and prints what came of it.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { PerCpuCounter, status } from 'rseq'

const rounds = 100_000

function count(counter) {
  for (let i = 0; i < rounds; i++) counter.inc()
  return status().backend
}

if (isMainThread) {
  const counter = new PerCpuCounter()
  const workers = [1, 2].map(() => new Worker(new URL(import.meta.url), { workerData: counter.handle }))
  const replies = workers.map((worker) => Promise.all([once(worker, 'message'), once(worker, 'exit')]))
  const here = count(counter)
  const there = (await Promise.all(replies)).map(([[backend]]) => backend)
  const { reason, message, addon, fastCalls } = status()
  const exact = counter.value === 3 * rounds
  console.log(JSON.stringify({ backends: [here, ...there], exact, reason, message, addon, fastCalls }))
} else {
  parentPort.postMessage(count(PerCpuCounter.from(workerData)))
}
