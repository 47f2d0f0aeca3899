import { quantilesOf } from '../kit/statistics'
import { firstIndex, type Gaps } from './gaps'
import type { Latency } from './schema'

/** What is asked for: 100 µs, 1 ms and 10 ms. */
export const WORKS: readonly number[] = [1e5, 1e6, 1e7]
/** Evenly spaced over the time that was watched. */
const STARTS = 10_000

/** The time that a CPU was there, from `begun` on, as a function of time and the other way round. */
function available({ starts, lengths }: Gaps, begun: number) {
  /** Of each gap, how long those before it were; then of all. */
  const taken = new Float64Array(starts.length + 1)
  for (const [i, length] of lengths.entries()) taken[i + 1] = (taken[i] as number) + length
  const at = (list: Float64Array, i: number): number => list[i] as number
  return {
    /** How long it was there until `time`. */
    until(time: number): number {
      const next = firstIndex(starts.length, (i) => at(starts, i) + at(lengths, i) > time)
      return Math.min(time, starts[next] ?? time) - begun - at(taken, next)
    },
    /** When it had been there for so long. */
    when(there: number): number {
      const next = firstIndex(starts.length, (i) => at(starts, i) >= there + begun + at(taken, i))
      return there + begun + at(taken, next)
    },
  }
}

/**
 * Completion times of work that begins at any time, and that nothing but these gaps holds up: in the order of
 * evenly spaced begins, of which the last is such that the work is done in the end. None where it does not fit in.
 *
 * @param begun of the watching; gaps are between that and `ended`
 */
export function completions(gaps: Gaps, begun: number, ended: number, work: number): Float64Array {
  const { until, when } = available(gaps, begun)
  const there = until(ended)
  if (there <= work) return new Float64Array()
  const last = when(there - work)
  return Float64Array.from({ length: STARTS }, (_, i) => {
    const start = begun + ((last - begun) * i) / (STARTS - 1)
    return when(until(start) + work) - start
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
