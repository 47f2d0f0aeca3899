import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Progress } from '../kit/progress'
import { CHUNK, type DemoNews, type DemoWork, demoMemory, PHASES, STRIDE } from './memory'

/** What came of a race. */
export interface Race {
  /** What the workers' counters use, and whose registration: each combination, with its number of workers. */
  readonly backends: ReadonlyMap<string, number>
  /** Nanoseconds of each phase, from the first start to the last end. */
  readonly elapsed: readonly number[]
  /** What the one shared cell holds. */
  readonly shared: number
}

/**
 * Lets `workers` threads count, first per CPU, then in one shared cell. All of them start each phase
 * together, after every one has warmed its loops up, so that counting is all that is measured.
 */
export async function race(workers: number, increments: number, progress: Progress): Promise<Race> {
  const total = workers * increments
  const memory = demoMemory(workers)
  const team = new Team(workers)
  try {
    const epoch = process.hrtime.bigint()
    progress.start('starting', workers, () => team.told)
    let started = 0
    const startOne = (): void => {
      if (started < workers) team.add({ memory, worker: started++, increments, epoch })
    }
    // One per CPU at a time: ending the process has to wait for each that is still starting.
    const ready = await team.news(() => {
      for (let i = 0; i < availableParallelism(); i++) startOne()
    }, startOne)
    const elapsed: number[] = []
    for (const [phase, label] of PHASES.entries()) {
      memory.done.fill(0)
      progress.start(label, total, () => Math.min(total, CHUNK * chunksIn(memory.done)))
      const ended = await team.news(() => {
        // Pairs with the wait in worker.ts.
        Atomics.store(memory.gate, 0, phase + 1)
        Atomics.notify(memory.gate, 0)
      })
      elapsed.push(span(ended))
    }
    return { backends: backendsOf(ready), elapsed, shared: (memory.shared[0] as number) >>> 0 }
  } finally {
    progress.stop()
    await team.end()
  }
}

function chunksIn(done: Int32Array): number {
  let chunks = 0
  for (let i = 0; i < done.length; i += STRIDE) chunks += Atomics.load(done, i)
  return chunks
}

function backendsOf(all: readonly DemoNews[]): Map<string, number> {
  const backends = new Map<string, number>()
  for (const news of all) {
    if (!news.ready) continue
    const what = `${news.backend}, registration: ${news.registration}`
    backends.set(what, (backends.get(what) ?? 0) + 1)
  }
  return backends
}

function span(all: readonly DemoNews[]): number {
  const times = all.filter((news) => !news.ready)
  return Math.max(...times.map(({ ended }) => ended)) - Math.min(...times.map(({ started }) => started))
}

/** The workers, heard as one. */
class Team {
  /** How many have told the news that is awaited. */
  told = 0
  readonly #size: number
  readonly #workers: Worker[] = []
  #heard: (news: DemoNews) => void = () => {}
  #failed: (error: unknown) => void = () => {}

  constructor(size: number) {
    this.#size = size
  }

  add(work: DemoWork): void {
    const worker = new Worker(join(__dirname, 'worker.js'), { workerData: work })
    worker.on('message', (news: DemoNews) => this.#heard(news))
    worker.on('error', (error) => this.#failed(error))
    worker.on('exit', (code) => {
      if (code !== 0) this.#failed(new Error(`a worker ended with code ${code}`))
    })
    this.#workers.push(worker)
  }

  /** What each worker tells once `begin` has begun it, `next` after each; rejects with the first failure. */
  news(begin: () => void, next: () => void = () => {}): Promise<DemoNews[]> {
    return new Promise((resolve, reject) => {
      const all: DemoNews[] = []
      this.told = 0
      this.#failed = reject
      this.#heard = (news) => {
        this.told = all.push(news)
        if (this.told === this.#size) resolve(all)
        next()
      }
      begin()
    })
  }

  /** Ends them, wherever they are: after a failure the others still wait for it. */
  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}
