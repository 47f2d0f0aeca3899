import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { status } from 'rseq'
import { type Samples, Unavailable } from '../src/ts/cli/bench/plan'
import { clock } from './clock'
import { memoryBytes } from './counters'

/** Time for every thread to be there when counting begins. */
const HEAD_START_NS = 200_000

/** What a thread is started with. */
export interface Duty {
  readonly question: string
  readonly key: string
  /** As JSON. */
  readonly scope: string
  readonly worker: number
  readonly workers: number
  /** What is counted in. */
  readonly memory: SharedArrayBuffer
  /** Word 0 counts the rounds that have begun. */
  readonly gate: Int32Array
  /** Word 0: when the running round begins, word 1: when it ends, by clock(). */
  readonly times: BigInt64Array
}

/** What a thread tells: that it is warm, or why it never will be; then what it did in a round, alone or among others. */
export type News =
  | { readonly warm: true }
  | { readonly unavailable: string }
  | Samples
  | { readonly started: number; readonly ended: number; readonly done: number }

type Part = Extract<News, { done: number }>

/** Threads that do the same thing at once. */
export class Team {
  readonly #size: number
  readonly #gate = new Int32Array(new SharedArrayBuffer(4))
  readonly #times = new BigInt64Array(new SharedArrayBuffer(16))
  readonly #workers: Worker[] = []
  readonly #duty: Omit<Duty, 'worker'>
  #heard: (news: News) => void = () => {}

  constructor(row: Pick<Duty, 'question' | 'key' | 'scope'>, size: number) {
    this.#size = size
    const memory = new SharedArrayBuffer(memoryBytes(size, status().cpus.possible))
    this.#duty = { ...row, workers: size, memory, gate: this.#gate, times: this.#times }
  }

  /**
   * Starts the threads, one per CPU at a time: each warms up alone.
   *
   * @throws {Unavailable} as one of them did
   */
  async ready(): Promise<void> {
    const news = await this.#news(
      () => {
        for (let i = 0; i < availableParallelism(); i++) this.#startOne()
      },
      () => this.#startOne(),
    )
    for (const told of news) if ('unavailable' in told) throw new Unavailable(told.unavailable)
  }

  /**
   * Lets them count for about so long.
   *
   * @returns of a single thread, what it sampled; else one sample: wall-clock time by the operations of all
   */
  async count(milliseconds: number): Promise<Samples> {
    const news = await this.#news(() => {
      const begin = clock() + HEAD_START_NS
      this.#times[0] = BigInt(begin)
      this.#times[1] = BigInt(Math.round(begin + milliseconds * 1e6))
      // Pairs with the wait in thread.ts.
      Atomics.add(this.#gate, 0, 1)
      Atomics.notify(this.#gate, 0)
    })
    const alone = news.find((told): told is Samples => 'good' in told)
    if (alone !== undefined) return alone
    const parts = news.filter((told): told is Part => 'done' in told)
    const wall =
      Math.max(...parts.map(({ ended }) => ended)) - Math.min(...parts.map(({ started }) => started))
    return { good: [wall / parts.reduce((sum, { done }) => sum + done, 0)], disturbed: [] }
  }

  #startOne(): void {
    const worker = this.#workers.length
    if (worker === this.#size) return
    const duty: Duty = { ...this.#duty, worker }
    const thread = new Worker(join(__dirname, 'thread.js'), { workerData: duty })
    // A failure of a thread is one of the process.
    thread.on('error', (error) => {
      throw error
    })
    thread.on('message', (news: News) => this.#heard(news))
    this.#workers.push(thread)
  }

  /** What each thread tells once `begin` has begun it, `next` after each. */
  #news(begin: () => void, next: () => void = () => {}): Promise<News[]> {
    return new Promise((resolve) => {
      const all: News[] = []
      this.#heard = (news) => {
        if (all.push(news) === this.#size) resolve(all)
        next()
      }
      begin()
    })
  }
}
