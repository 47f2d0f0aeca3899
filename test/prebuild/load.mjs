// node load.mjs [WORKERS] [INCREMENTS], in a project that has the package: counts in workers that begin and end
// while others count, and prints what came of it as one line of JSON. Any Node or Bun runs it.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { PerCpuCounter, PerCpuSum, status } from 'rseq'

const counter = PerCpuCounter.named('load')
const sum = PerCpuSum.named('load.sum')

if (isMainThread) {
  const [workers = 4, increments = 100_000] = process.argv.slice(2).map(Number)
  const threads = await Promise.all(
    Array.from({ length: workers }, () => {
      const worker = new Worker(new URL(import.meta.url), { workerData: increments })
      let told
      worker.once('message', (message) => {
        told = message
      })
      return new Promise((resolve, reject) => {
        worker.once('error', reject).once('exit', () => resolve(told))
      })
    }),
  )
  const { node, bun } = process.versions
  const result = { node, bun, expected: workers * increments, count: counter.value, sum: sum.value }
  console.log(JSON.stringify({ ...result, threads, status: status() }))
} else {
  for (let i = 0; i < workerData; i++) {
    counter.inc()
    sum.add(0.5)
  }
  const { backend, registration, fastCalls, reason } = status()
  parentPort.postMessage({ backend, registration, fastCalls, reason })
}
