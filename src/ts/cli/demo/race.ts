import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { grouped } from '../kit/grouped'
import type { Progress } from '../kit/progress'
import { CHUNK, type DemoWork, demoMemory, PHASES, type PhaseNews, type ReadyNews, STRIDE } from './memory'

/**
 * Lets `workers` threads count, first per CPU, then in one shared cell. All of them start each phase
 * together, after every one has warmed its loops up, so that counting is all that is measured.
 */
export async function race(workers: number, increments: number, progress: Progress) {
  const total = workers * increments
  const memory = demoMemory(workers)
  const team: Worker[] = []
  const ready: ReadyNews[] = []
  const elapsed: number[] = []
  try {
    const epoch = process.hrtime.bigint()
    progress.start('starting', workers, () => ready.length)
    // One per CPU at a time: ending the process has to wait for each that is still starting.
    const startSome = async (): Promise<void> => {
      while (team.length < workers) {
        const workerData: DemoWork = { memory, worker: team.length, increments, epoch }
        const worker = new Worker(join(__dirname, 'worker.js'), { workerData })
        team.push(worker)
        ready.push(await newsOf<ReadyNews>(worker))
      }
    }
    await Promise.all(Array.from({ length: availableParallelism() }, startSome))
    for (const [phase, label] of PHASES.entries()) {
      memory.done.fill(0)
      progress.start(label, total, () => Math.min(total, CHUNK * chunksIn(memory.done)))
      const news = Promise.all(team.map((worker) => newsOf<PhaseNews>(worker)))
      // Pairs with the wait in worker.ts.
      Atomics.store(memory.gate, 0, phase + 1)
      Atomics.notify(memory.gate, 0)
      const all = await news
      elapsed.push(
        Math.max(...all.map(({ ended }) => ended)) - Math.min(...all.map(({ started }) => started)),
      )
    }
  } finally {
    progress.stop()
    // Wherever they are: after a failure the others still wait for it.
    await Promise.all(team.map((worker) => worker.terminate()))
  }
  return {
    /** The workers by what their counters use, and whose registration. */
    backends: grouped(ready, ({ backend, registration }) => `${backend}, registration: ${registration}`),
    /** Nanoseconds of each phase, from the first start to the last end. */
    elapsed,
    /** What the one shared cell holds. */
    shared: (memory.shared[0] as number) >>> 0,
  }
}

/** What a worker tells next; rejects where it fails. */
async function newsOf<T>(worker: Worker): Promise<T> {
  const end = once(worker, 'exit').then(([code]) => {
    throw new Error(`a worker ended with code ${code}`)
  })
  const [news] = await Promise.race([once(worker, 'message'), end])
  return news
}

function chunksIn(done: Int32Array): number {
  let chunks = 0
  for (let i = 0; i < done.length; i += STRIDE) chunks += Atomics.load(done, i)
  return chunks
}
