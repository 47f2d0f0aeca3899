import { type ChildProcess, fork } from 'node:child_process'
import cluster from 'node:cluster'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { status } from 'rseq'
import { memoryBytes } from './counters'
import type { Crew, Duty, News, Span } from './team'

type Row = Pick<Duty, 'question' | 'key' | 'scope'>

/** What a thread is started with. */
export interface ThreadDuty extends Duty {
  /** What is counted in. */
  readonly memory: SharedArrayBuffer
  /** Word 0 counts the rounds that have begun. */
  readonly gate: Int32Array
  /** Word 0: when the running round begins, word 1: when it ends, by clock(). */
  readonly times: BigInt64Array
}

/** What a process is started with, as JSON. */
export interface ProcessDuty extends Duty {
  readonly shared: string
}

/** thread.js, in threads of this process. */
export class Threads implements Crew {
  readonly headStartNs = 200_000
  readonly #gate = new Int32Array(new SharedArrayBuffer(4))
  readonly #times = new BigInt64Array(new SharedArrayBuffer(16))
  readonly #duty: Omit<ThreadDuty, 'worker'>

  /** @param bytes of shared memory that the row needs at least */
  constructor(row: Row, workers: number, bytes = 0) {
    const memory = new SharedArrayBuffer(Math.max(bytes, memoryBytes(workers, status().cpus.possible)))
    this.#duty = { ...row, workers, memory, gate: this.#gate, times: this.#times }
  }

  start(worker: number, heard: (news: News) => void): void {
    const workerData: ThreadDuty = { ...this.#duty, worker }
    const thread = new Worker(join(__dirname, 'thread.js'), { workerData })
    thread.on('error', fail)
    thread.on('message', heard)
  }

  count({ begin, end }: Span): void {
    this.#times[0] = BigInt(begin)
    this.#times[1] = BigInt(end)
    // Pairs with the wait in thread.ts.
    Atomics.add(this.#gate, 0, 1)
    Atomics.notify(this.#gate, 0)
  }
}

/** process.js, in child processes of this process. */
export class Processes implements Crew {
  /** They have messages to read first. */
  readonly headStartNs = 1_000_000
  /** What they sent to be counted here. */
  counted = 0
  readonly #duty: Omit<ProcessDuty, 'worker'>
  readonly #all: ChildProcess[] = []

  constructor(row: Row, workers: number, shared: string) {
    this.#duty = { ...row, workers, shared }
  }

  start(worker: number, heard: (news: News) => void): void {
    const duty: ProcessDuty = { ...this.#duty, worker }
    const child = fork(join(__dirname, 'process.js'), [JSON.stringify(duty)])
    child.on('error', fail)
    child.on('exit', (code, signal) => fail(new Error(`process ${worker} ended (${signal ?? code})`)))
    child.on('message', (message: News | number) => {
      if (typeof message === 'number') this.counted += message
      else heard(message)
    })
    this.#all.push(child)
  }

  count(span: Span): void {
    for (const child of this.#all) child.send(span)
  }
}

/** Makes this process a cluster's primary. Done when each worker, process.js too, has done its work. */
export async function startCluster(row: Row, workers: number): Promise<void> {
  for (let worker = 0; worker < workers; worker++) {
    const duty: ProcessDuty = { ...row, worker, workers, shared: '' }
    cluster.setupPrimary({ exec: join(__dirname, 'process.js'), args: [JSON.stringify(duty)] })
    const child = cluster.fork()
    await new Promise((resolve, reject) => {
      child.once('message', resolve)
      child.once('exit', (code) => reject(new Error(`cluster worker ${worker} ended (${code})`)))
    })
  }
}

/** A failure of a member is one of the process. */
function fail(error: Error): never {
  throw error
}
