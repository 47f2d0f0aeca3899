import { quantileOf, quantilesOf } from '../kit/statistics'
import { type Gaps, total } from './gaps'
import type { Pattern } from './schema'

const MOST = 3
/** What is left is worth a look as long as it is this part of all that was taken. */
const WORTH = 0.1
/** Gaps of a pattern are from the length by this to the length times this. */
const SPREAD = 2
/** Regular: the quartiles of the intervals differ by less, as a part of the median. */
const STEADY = 0.1
/** Two intervals say nothing of regularity. */
const LEAST_INTERVALS = 4

/**
 * Names what most of the time goes to: again and again, the gaps around the length at which half of it is reached.
 *
 * @param recorded nanoseconds that the gaps are from
 */
export function patternsIn(gaps: Gaps, recorded: number): Pattern[] {
  const worth = total(gaps) * WORTH
  const found: Pattern[] = []
  let rest = gaps
  while (found.length < MOST) {
    const left = total(rest)
    if (left === 0 || left < worth) break
    const middle = weightedMedian(rest.lengths, left)
    const isOne = (length: number): boolean => length >= middle / SPREAD && length <= middle * SPREAD
    found.push(patternOf(select(rest, isOne), recorded))
    rest = select(rest, (length) => !isOne(length))
  }
  return found
}

/** The length of which shorter gaps took half of the time. */
function weightedMedian(lengths: Float64Array, sum: number): number {
  let before = 0
  for (const length of lengths.toSorted()) {
    before += length
    if (before * 2 >= sum) return length
  }
  return 0
}

function select({ starts, lengths }: Gaps, wanted: (length: number) => boolean): Gaps {
  return { starts: starts.filter((_, i) => wanted(lengths[i] as number)), lengths: lengths.filter(wanted) }
}

function patternOf(gaps: Gaps, recorded: number): Pattern {
  const { starts, lengths } = gaps
  return {
    gaps: lengths.length,
    perSecond: (lengths.length / recorded) * 1e9,
    length: quantileOf(lengths.toSorted(), 0.5),
    share: total(gaps) / recorded,
    every: intervalOf(starts),
  }
}

function intervalOf(starts: Float64Array): number | null {
  const intervals = starts
    .subarray(1)
    .map((start, i) => start - (starts[i] as number))
    .sort()
  if (intervals.length < LEAST_INTERVALS) return null
  const [low, median, high] = quantilesOf(intervals, 0.25, 0.5, 0.75)
  return high - low < STEADY * median ? median : null
}
