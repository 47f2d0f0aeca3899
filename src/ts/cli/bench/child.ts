import { type ChildProcess, fork } from 'node:child_process'
import process from 'node:process'
import type { Answer, Order, RowPlan, Samples } from './plan'

/** A child that has said nothing for so long never will. */
const PATIENCE_MS = 60_000

/** One row's process: it warms its code up once, and then measures when it is told to. */
export class Child {
  readonly #process: ChildProcess
  readonly #label: string
  #told: (answer: Answer) => void = () => {}
  #failed: (error: Error) => void = () => {}

  /** @param args tell the script, which is bench/child.ts as it is built, which row it is */
  constructor(script: string, args: readonly string[], row: RowPlan) {
    this.#label = row.label
    this.#process = fork(script, args, {
      env: { ...process.env, ...row.env },
      // The parent's own flags (a debugger's port, a test runner's loader) are not for it.
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#process.on('message', (answer) => this.#told(answer as Answer))
    this.#process.on('error', (error) => this.#failed(error))
    this.#process.on('exit', (code, signal) =>
      this.#failed(new Error(`${this.#label}: the process ended (${signal ?? code})`)),
    )
  }

  /** Null once it is warm, else why the row cannot run. */
  async ready(): Promise<string | null> {
    const answer = await this.#answer()
    return 'unavailable' in answer ? answer.unavailable : null
  }

  /** One round. */
  async measure(milliseconds: number): Promise<Samples> {
    const answer = this.#answer()
    const order: Order = { milliseconds }
    this.#process.send(order)
    const told = await answer
    if (!('good' in told)) throw new Error(`${this.#label}: an answer without samples`)
    return told
  }

  end(): void {
    this.#failed = () => {}
    this.#process.kill('SIGKILL')
  }

  async #answer(): Promise<Answer> {
    const late = new Error(`${this.#label}: no answer in ${PATIENCE_MS / 1000} s`)
    const timer = setTimeout(() => this.#failed(late), PATIENCE_MS)
    try {
      return await new Promise((resolve, reject) => {
        this.#told = resolve
        this.#failed = reject
      })
    } finally {
      clearTimeout(timer)
    }
  }
}
