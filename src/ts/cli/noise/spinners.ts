import { once } from 'node:events'
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
  readonly #gate = new Int32Array(new SharedArrayBuffer(4))
  readonly #times = new Float64Array(new SharedArrayBuffer(16))
  readonly #ready: Promise<unknown>
  /** Rejects where a thread failed. */
  readonly ended: Promise<unknown>
  /** From {@link begin} on. */
  own = new Own(0)

  /** Starts them; they wait. @throws {Error} without the addon, or where a thread may not stay on its CPU */
  static async start(options: Options): Promise<Spinners> {
    if (loaded.addon === null) {
      throw new Error(`only the addon can keep a thread on one CPU. ${loaded.message}`)
    }
    if (!loaded.addon.countSwitches()) {
      throw new Error(
        'the kernel does not say when threads are switched: something denies getrusage, like seccomp',
      )
    }
    const spinners = new Spinners(options)
    try {
      await spinners.#ready
      for (const { cpu, control } of spinners.#memories) {
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

  private constructor({ cpus, seconds, threshold }: Options) {
    this.#memories = cpus.map((cpu) => watchMemory(cpu, seconds, cpus.length))
    const ends: Promise<unknown>[] = []
    const news = this.#memories.map((memory) => {
      const workerData: WatchWork = { memory, threshold, gate: this.#gate, times: this.#times }
      const worker = new Worker(join(__dirname, 'worker.js'), { workerData })
      const end = once(worker, 'exit')
      ends.push(end)
      const early = end.then(() => Promise.reject(new Error('a watching thread ended too early')))
      return Promise.race([once(worker, 'message'), early])
    })
    this.#ready = Promise.all(news)
    this.ended = Promise.all(ends)
    // Told by `ended`, for whoever waits for it.
    this.ended.catch(() => {})
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

  /** What each of them has seen so far, or since then: nanoseconds after the begin. */
  seen(since = 0): Seen[] {
    return this.#memories.map((memory) => seenBy(memory, this.own, since))
  }

  #open(): void {
    Atomics.store(this.#gate, 0, 1)
    Atomics.notify(this.#gate, 0)
  }
}
