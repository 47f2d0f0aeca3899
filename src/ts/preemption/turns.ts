import { timers } from '../base/builtins'
import { checkObject, integerOf } from '../base/validate'
import { cpuId } from '../thread/cpu'
import { countSwitches, involuntary } from './probe'

// As they are at import: what a test runner puts in their place knows no turns.
const { setImmediate, clearImmediate, setTimeout, clearTimeout } = timers
const { bigint: now } = process.hrtime

/**
 * Takes what happened from one look to the next.
 *
 * @param interruptions how often the thread lost the CPU though it could have gone on
 * @param migrated it is on another CPU than at the look before
 */
export type TurnSink = (interruptions: number, migrated: boolean) => void

/** What a timer takes. */
const LONGEST = 2 ** 31 - 1

/** The resolution of options that have one. @throws {TypeError | RangeError} */
export function resolutionOf(what: string, options: { readonly resolution?: number }): number {
  checkObject(`${what} options`, options)
  const { resolution = 0 } = options
  return integerOf(`${what} options.resolution`, resolution, 0, LONGEST)
}

/**
 * Looks at the calling thread at the end of turns of its event loop, without keeping that alive.
 *
 * An immediate without a reference runs in each turn's check phase, and does not make an idle loop turn. Interruptions
 * are the kernel's own count: before Linux 6.19 the probe's marker is gone whenever the loop has waited, and several
 * interruptions in a turn would be one.
 */
export class TurnWatch {
  readonly #what: string
  readonly #resolution: number
  readonly #sink: TurnSink
  #running = false
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #switches = 0
  #cpu = 0
  #begun = 0n
  #elapsed = 0n

  /**
   * @param what as messages call it
   * @param resolution milliseconds: after a look, the next one is at the end of the first turn that ends so much later
   * @throws {RseqError} `ERR_RSEQ_FEATURE`, `ERR_RSEQ_NO_CPU` where there is nothing to see
   */
  constructor(what: string, resolution: number, sink: TurnSink) {
    this.#what = what
    this.#resolution = resolution
    this.#sink = sink
    this.#see()
  }

  /** How long it has been on since {@link reset}. */
  get seconds(): number {
    return Number(this.#elapsed + (this.#running ? now() - this.#begun : 0n)) / 1e9
  }

  /**
   * @returns false where it was on
   * @throws as the constructor
   */
  start(): boolean {
    if (this.#running) return false
    this.#see()
    this.#begun = now()
    this.#running = true
    this.#wait()
    return true
  }

  /** After a look at the turn so far. @returns false where it was off */
  stop(): boolean {
    if (!this.#running) return false
    this.#end()
    this.#look()
    return true
  }

  /** After a look at the turn so far, the time begins anew. */
  reset(): void {
    if (this.#running) this.#look()
    this.#begun = now()
    this.#elapsed = 0n
  }

  #end(): void {
    this.#running = false
    this.#elapsed += now() - this.#begun
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
  }

  #wait(): void {
    if (this.#resolution === 0) this.#atEndOfTurn()
    else this.#timer = setTimeout(this.#atEndOfTurn, this.#resolution).unref()
  }

  readonly #atEndOfTurn = (): void => {
    this.#immediate = setImmediate(this.#turn).unref()
  }

  readonly #turn = (): void => {
    this.#look()
    if (this.#running) this.#wait()
  }

  #see(): void {
    countSwitches(this.#what)
    this.#switches = involuntary()
    this.#cpu = cpuId()
  }

  /** What fails must not end a program from within its event loop; nor is anything to be counted as 0. */
  #look(): void {
    const switches = this.#switches
    const cpu = this.#cpu
    try {
      this.#see()
      this.#sink((this.#switches - switches) >>> 0, this.#cpu !== cpu)
    } catch (error) {
      if (this.#running) this.#end()
      const { message, code } = error as NodeJS.ErrnoException
      process.emitWarning(`${this.#what}: stopped. ${message}`, { ...(code !== undefined && { code }) })
    }
  }
}
