import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fixtures } from './world'

/** A process of test/fixtures/top.mjs with its worker: a service that counts what it is told. */
export class Counted {
  readonly process: ChildProcess
  /** Of the primary and its worker. */
  readonly pids: readonly [number, number]
  readonly path: string

  private constructor(process: ChildProcess, { pids, path }: { pids: [number, number]; path: string }) {
    this.process = process
    this.pids = pids
    this.path = path
  }

  static async start(): Promise<Counted> {
    const { RSEQ_REGION: _, ...env } = process.env
    const child = fork(join(fixtures, 'top.mjs'), { env })
    const [first] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error('the service ended before it was there')
      }),
    ])
    return new Counted(child, first)
  }

  /** Both of its processes count so often. */
  async count(times: number): Promise<void> {
    const answered = once(this.process, 'message')
    this.process.send({ count: times, id: times })
    await answered
  }

  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const ended = once(this.process, 'exit')
    this.process.disconnect()
    await ended
  }
}
