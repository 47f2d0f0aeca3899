import { backend } from '../backend/backend'
import { RESULT } from '../contract/backend'
import { codeOf } from '../contract/results'
import { type NamedOptions, openNamed, openThere, present, refusal } from '../region/entries'
import { type Opening, REFUSED } from '../region/opening'
import { type Region, regionNumber } from '../region/region'
import { PROCESS_LABEL, SCOPE_LABEL } from './merged'

let self: string | null = null

/** A name for this process that no other process which is attached to the region has, or has had. */
function thisProcess(): string {
  const found = backend.processes(0).find((process) => process.self)
  self ??= found === undefined ? '' : `${found.pid}.${found.startTime}.${found.pidNamespace}`
  return self
}

function ofProcess(options: NamedOptions): NamedOptions {
  return { ...options, labels: { ...options.labels, [PROCESS_LABEL]: thisProcess() } }
}

/**
 * Removes the gauges that dead processes have left: each life of a process has names of its own, which would fill the
 * region in time.
 *
 * @param scope what theirs begins with
 * @returns false where somebody keeps the directory locked: it is left to the next call
 */
export function removeDead(region: Region, scope: string): boolean {
  // As the directory has labels.
  const mark = `["${SCOPE_LABEL}","${scope}`
  return codeOf(backend.removeDeadGauges(regionNumber(region, 'region'), mark)) !== RESULT.busy
}

/**
 * A number that is set, for entry points beside the main one: for all threads of one process, in a region that others
 * can read. What a process alone may say dies with it: a reader takes the gauges that a living process holds, see
 * `Sample.held`.
 *
 * It is one word, written by atomic instructions: some ten nanoseconds, while threads of other processes have words of
 * their own.
 */
export class Gauge {
  readonly #opening: Opening
  #id: number

  /** @param opening of {@link Gauge.named} */
  private constructor(opening: Opening) {
    this.#opening = opening
    this.#id = opening.id
  }

  /**
   * This process's gauge of that name and those labels.
   *
   * @param code a number for readers, 0 to 2³² − 1: see `Series.code`
   * @throws as `PerCpuCounter.named`
   */
  static named(name: string, options: NamedOptions, code = 0): Gauge {
    return new Gauge(
      openNamed('gauge', name, ofProcess(options), { shape: code, extra: new Float64Array(0) }),
    )
  }

  /** The same where this process has it already, else null. */
  static there(name: string, options: NamedOptions): { release(): void } | null {
    return openThere('gauge', name, ofProcess(options))
  }

  get region(): Region {
    return this.#opening.region
  }

  get value(): number {
    return present(backend.floatValue(this.#opening.number, this.#opening.entry), this.#opening)
  }

  /** @param x any number */
  set(x: number): void {
    if (this.#id < 0) throw refusal(this.#opening)
    backend.setGauge(this.#id, x)
  }

  /** @param x any number, negative too */
  add(x: number): void {
    if (this.#id < 0) throw refusal(this.#opening)
    backend.addGauge(this.#id, x)
  }

  reset(): void {
    this.set(0)
  }

  /** As `PerCpuCounter.close`. */
  close(): void {
    this.#id = REFUSED
    this.#opening.release()
  }
}
