import { join } from 'node:path'
import process from 'node:process'
import { getSystemErrorMap } from 'node:util'
import { Worker } from 'node:worker_threads'
import { loaded } from '../../backend/addon'
import { type Seen, seenBy } from './gaps'
import { ERROR, STOP, type WatchMemory, type WatchWork, watchMemory } from './memory'
import type { Options } from './options'
import { Own } from './own'

/** A thread on each CPU that does nothing but look whether it runs. */
export class Spinners {
  readonly #memories: readonly WatchMemory[]
  readonly #gate: Int32Array
  readonly #times: Float64Array
  readonly #ended: Promise<unknown>
  /** From {@link begin} on. */
  own = new Own(0)

  /**
   * Starts them; they wait.
   *
   * @throws {Error} where there is no addon, or a thread cannot be started or may not stay on its CPU
   */
  static async start({ cpus, seconds, threshold }: Options): Promise<Spinners> {
    if (loaded.addon === null) {
      throw new Error(`only the addon can keep a thread on one CPU. ${loaded.message}`)
    }
    if (!loaded.addon.countSwitches()) {
      throw new Error(
        'the kernel does not say when threads are switched: something denies getrusage, like seccomp',
      )
    }
    const [gate, times] = [new Int32Array(new SharedArrayBuffer(4)), shared(2)]
    const memories = cpus.map((cpu) => watchMemory(cpu, seconds, cpus.length))
    const workers = memories.map((memory) => {
      const workerData: WatchWork = { memory, threshold, gate, times }
      return new Worker(join(__dirname, 'worker.js'), { workerData })
    })
    const spinners = new Spinners(memories, { gate, times }, workers)
    try {
      await Promise.all(workers.map((worker) => happens(worker, 'message')))
      for (const { cpu, control } of memories) {
        const errno = control[ERROR] as number
        if (errno === 0) continue
        const why = getSystemErrorMap().get(-errno)?.[1] ?? `errno ${errno}`
        throw new Error(`CPU ${cpu}: a thread cannot watch it: ${why}`)
      }
      return spinners
    } catch (error) {
      spinners.stop()
      throw error
    }
  }

  private constructor(
    memories: readonly WatchMemory[],
    { gate, times }: Pick<WatchWork, 'gate' | 'times'>,
    workers: readonly Worker[],
  ) {
    this.#memories = memories
    this.#gate = gate
    this.#times = times
    this.#ended = Promise.all(workers.map((worker) => happens(worker, 'exit')))
    // Told by `ended`, for whoever waits for it.
    this.#ended.catch(() => {})
    // A thread that spins is ended between two calls only.
    process.once('exit', () => this.stop())
  }

  /** @param seconds after which they end by themselves */
  begin(seconds: number): void {
    const origin = Number(process.hrtime.bigint())
    this.own = new Own(origin)
    this.#times.set([origin, seconds * 1e9])
    this.#open()
  }

  /** Ends them; can be called again. */
  stop(): void {
    for (const { control } of this.#memories) Atomics.store(control, STOP, 1)
    this.#open()
  }

  /** @throws {Error} where a thread failed */
  async ended(): Promise<void> {
    await this.#ended
  }

  /** What each of them has seen so far, or since then: nanoseconds after the begin. */
  seen(since = 0): Seen[] {
    return this.#memories.map((memory) => seenBy(memory, this.own, since))
  }

  #open(): void {
    Atomics.store(this.#gate, 0, 1)
    Atomics.notify(this.#gate, 0)
  }
}

function shared(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * 8))
}

function happens(worker: Worker, event: 'message' | 'exit'): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once(event, resolve)
    worker.once('error', reject)
    if (event !== 'exit') worker.once('exit', () => reject(new Error('a watching thread ended too early')))
  })
}
