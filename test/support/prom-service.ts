import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Region, RseqError } from 'rseq'
import { fixtures } from './world'

/** What code that is run in a process of test/fixtures/prom-client.mjs gets. */
export interface Here {
  require: NodeJS.Require
  prom: typeof import('rseq/prom-client')
  Region: typeof Region
  RseqError: typeof RseqError
  start(how: 'cluster' | 'fork' | 'thread'): Promise<number>
  kill(number: number): Promise<void>
  // biome-ignore lint/suspicious/noExplicitAny: what code keeps for later code
  [kept: string]: any
}

// What these services share is not what whoever runs the tests shares.
const { RSEQ_REGION: _, ...environment } = process.env

/** A service of test/fixtures/prom-client.mjs. */
export class Service {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, (message: { answer?: unknown; error?: string }) => void>()
  #last = 0
  /** What it has written to its standard error. */
  errors = ''

  constructor(env: Record<string, string> = {}) {
    this.#process = fork(join(fixtures, 'prom-client.mjs'), {
      env: { ...environment, ...env },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    })
    // One for each call under way.
    this.#process.setMaxListeners(0)
    this.#process.stderr?.on('data', (chunk) => {
      this.errors += chunk
    })
    this.#process.on('message', (message: { id: number; answer?: unknown; error?: string }) =>
      this.#waiting.get(message.id)?.(message),
    )
  }

  /**
   * Runs a function in one of its processes or threads: it is sent as text, so it has nothing but its arguments.
   *
   * @param to the way down through its children
   */
  async run<Args extends unknown[], T>(
    to: number[],
    code: (here: Here, ...args: Args) => T | Promise<T>,
    ...args: Args
  ): Promise<T> {
    const id = ++this.#last
    const { answer, error } = await new Promise<{ answer?: unknown; error?: string }>((resolve, reject) => {
      const died = () => reject(new Error(`the service has ended: ${this.errors}`))
      this.#process.once('exit', died)
      this.#waiting.set(id, (message) => {
        this.#process.off('exit', died)
        resolve(message)
      })
      this.#process.send({ id, to, code: `(${code})`, args })
    })
    if (error !== undefined) throw new Error(error)
    return answer as T
  }

  /** @returns the way to a new child of that process */
  async start(how: 'cluster' | 'fork' | 'thread', of: number[] = []): Promise<number[]> {
    return [...of, await this.run(of, (here, how) => here.start(how), how)]
  }

  /** Lines of the page that begin with that, in order. */
  async page(to: number[], beginning = ''): Promise<string[]> {
    const text = await this.run(to, ({ prom }) => prom.register.metrics())
    return text
      .split('\n')
      .filter((line) => line.startsWith(beginning) && line !== '' && !line.startsWith('#'))
      .sort()
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.disconnect()
    await ended
  }
}
