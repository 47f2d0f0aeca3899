// Counts with two workers through a handle, and prints what came of it.
const { once } = require('node:events')
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads')
const { PerCpuCounter, status } = require('rseq')

const rounds = 100_000

function count(counter) {
  for (let i = 0; i < rounds; i++) counter.inc()
  return status().backend
}

async function main() {
  const counter = new PerCpuCounter()
  const workers = [1, 2].map(() => new Worker(__filename, { workerData: counter.handle }))
  const replies = workers.map((worker) => Promise.all([once(worker, 'message'), once(worker, 'exit')]))
  const here = count(counter)
  const there = (await Promise.all(replies)).map(([[backend]]) => backend)
  const { reason, message, addon, fastCalls } = status()
  const exact = counter.value === 3 * rounds
  console.log(JSON.stringify({ backends: [here, ...there], exact, reason, message, addon, fastCalls }))
}

if (isMainThread) main()
else parentPort.postMessage(count(PerCpuCounter.from(workerData)))
