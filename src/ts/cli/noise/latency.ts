import { quantilesOf } from '../kit/statistics'
import type { Gaps } from './gaps'
import type { Latency } from './schema'

/** What is asked for: 100 µs, 1 ms and 10 ms. */
export const WORKS: readonly number[] = [1e5, 1e6, 1e7]
/** Evenly spaced over the time that was watched. */
const STARTS = 10_000

/** The time that a CPU was there, from `begun` on, as a function of time and the other way round. Both only go forwards. */
class Available {
  readonly #gaps: Gaps
  readonly #begun: number
  /** Gaps that are behind, and how long they were. */
  #next = 0
  #taken = 0

  constructor(gaps: Gaps, begun: number) {
    this.#gaps = gaps
    this.#begun = begun
  }

  /** How long it was there until `time`. */
  until(time: number): number {
    const { starts, lengths } = this.#gaps
    while (
      this.#next < starts.length &&
      (starts[this.#next] as number) + (lengths[this.#next] as number) <= time
    )
      this.#taken += lengths[this.#next++] as number
    const start = starts[this.#next] ?? Number.POSITIVE_INFINITY
    return Math.min(time, start) - this.#begun - this.#taken
  }

  /** When it had been there for so long. */
  when(available: number): number {
    const { starts, lengths } = this.#gaps
    const time = (): number => available + this.#begun + this.#taken
    while (this.#next < starts.length && (starts[this.#next] as number) < time())
      this.#taken += lengths[this.#next++] as number
    return time()
  }
}

/**
 * Completion times of work that begins at any time, and that nothing but these gaps holds up: in the order of
 * evenly spaced begins, of which the last is such that the work is done in the end. None where it does not fit in.
 *
 * @param begun of the watching; gaps are between that and `ended`
 */
export function completions(gaps: Gaps, begun: number, ended: number, work: number): Float64Array {
  const there = new Available(gaps, begun).until(ended)
  if (there <= work) return new Float64Array()
  const last = new Available(gaps, begun).when(there - work)
  const [forth, back] = [new Available(gaps, begun), new Available(gaps, begun)]
  return Float64Array.from({ length: STARTS }, (_, i) => {
    const start = begun + ((last - begun) * i) / (STARTS - 1)
    return back.when(forth.until(start) + work) - start
  })
}

/** Null where the work did not fit in anywhere. */
export function latencyOf(work: number, times: readonly Float64Array[]): Latency | null {
  const all = new Float64Array(times.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const one of times) {
    all.set(one, at)
    at += one.length
  }
  all.sort()
  if (all.length === 0) return null
  const [p50, p99, p999, worst] = quantilesOf(all, 0.5, 0.99, 0.999, 1)
  return { work, p50, p99, p999, worst }
}
