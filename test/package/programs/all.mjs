// Uses what there is beside plain counting, with threads that find each other's counters by name.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { cpuId, getcpu, PerCpuBatch, PerCpuCounter, PerCpuSum, schedGetcpu, status } from 'rseq'

const counter = PerCpuCounter.named('c')
const sum = PerCpuSum.named('s')
const many = Array.from({ length: 64 }, (_, i) => PerCpuCounter.named(`m${i}`))

if (isMainThread) {
  const workers = [1, 2, 3, 4].map(() => new Worker(new URL(import.meta.url)))
  const replies = workers.map((worker) => Promise.all([once(worker, 'message'), once(worker, 'exit')]))
  const registrations = (await Promise.all(replies)).map(([[registration]]) => registration)
  const { possible } = status().cpus
  console.log(
    JSON.stringify({
      registrations: [status().registration, ...registrations],
      counter: counter.value,
      sum: sum.value,
      many: many.every(({ value }) => value === 4000),
      cells: counter.perCpu().length === possible + 1,
      cpus: [cpuId(), schedGetcpu(), getcpu().cpu].every((cpu) => cpu >= 0 && cpu < possible),
    }),
  )
} else {
  const batch = new PerCpuBatch(many)
  const ones = new Int32Array(64).fill(1)
  for (let i = 0; i < 100_000; i++) counter.inc()
  for (let i = 0; i < 1000; i++) {
    sum.add(0.5)
    batch.add(ones)
  }
  counter.add(-5)
  counter.add(2 ** 40)
  parentPort.postMessage(status().registration)
}
