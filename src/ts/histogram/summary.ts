import { HISTOGRAM } from '../contract/backend'
import type { Buckets } from '../contract/buckets'

/** One look at a histogram's cells. Not changed afterwards. */
export interface Reading {
  /** Numbers as {@link HISTOGRAM} says, with a count for each bucket. */
  readonly cells: Float64Array
  readonly buckets: Buckets
}

/** Some of a histogram's samples. */
export interface HistogramBucket {
  readonly from: number
  readonly to: number
  /** Samples in this bucket alone. */
  readonly count: number
}

/** What Node's histograms say of no samples. */
export const EMPTY_MIN = 2n ** 63n - 1n
const EMPTY_MAX = 0

/** What follows from one look: all answers of a reading come out of the same numbers. */
export class Look {
  /** The lowest and the highest bucket that holds samples. */
  readonly #first: number = 0
  readonly #last: number = -1
  readonly count: number
  readonly min: number = Number.NaN
  readonly max: number = EMPTY_MAX

  constructor(private readonly reading: Reading) {
    const { buckets } = reading
    let count = 0
    let first = -1
    let last = -1
    for (let i = 0; i < buckets.count; i++) {
      const samples = this.at(i)
      if (samples === 0) continue
      if (first < 0) first = i
      last = i
      count += samples
    }
    this.count = count
    if (count === 0) return
    this.#first = first
    this.#last = last
    // A reset at the same time can have taken an extreme and left its sample, or the other way round.
    const low = this.#within(first, HISTOGRAM.min)
    const high = this.#within(last, HISTOGRAM.max)
    const only = first === last
    const max = high ?? finite(buckets.to(last)) ?? (only ? low : undefined) ?? buckets.from(last)
    const min = low ?? finite(buckets.from(first)) ?? (only ? high : undefined) ?? buckets.to(first)
    this.min = Math.min(min, max)
    this.max = max
  }

  /** Samples in bucket `i`. Of a damaged region a sum may be anything. */
  at(i: number): number {
    const samples = this.reading.cells[HISTOGRAM.buckets + i] as number
    return samples > 0 ? samples : 0
  }

  /** An extreme, if it lies in that bucket. */
  #within(bucket: number, which: number): number | undefined {
    const hint = finite(this.reading.cells[which] as number)
    return hint !== undefined && this.reading.buckets.indexOf(hint) === bucket ? hint : undefined
  }

  /** The sum of the samples that are safe integers. */
  get integers(): bigint {
    const high = BigInt(this.reading.cells[HISTOGRAM.integersHigh] as number)
    return (high << 32n) + BigInt(this.reading.cells[HISTOGRAM.integersLow] as number)
  }

  get fractions(): number {
    return this.reading.cells[HISTOGRAM.fractions] as number
  }

  get sum(): number {
    return Number(this.integers) + this.fractions
  }

  get mean(): number {
    return this.count === 0 ? Number.NaN : this.sum / this.count
  }

  get exceeds(): number {
    return this.at(this.reading.buckets.count - 1)
  }

  /** What the samples of bucket `i` are taken for. */
  #representative(i: number): number {
    const middle = this.reading.buckets.middle(i, this.min, this.max)
    if (this.fractions !== 0) return middle
    // Only integers were recorded: where buckets are narrower than 1, this is the sample itself.
    const below = Math.floor(middle)
    const whole = this.reading.buckets.indexOf(below) === i ? below : Math.ceil(middle)
    return this.reading.buckets.indexOf(whole) === i ? whole : middle
  }

  get stddev(): number {
    if (this.count === 0) return Number.NaN
    const { mean } = this
    let squares = 0
    for (let i = this.#first; i <= this.#last; i++) {
      const samples = this.at(i)
      if (samples !== 0) squares += samples * (this.#representative(i) - mean) ** 2
    }
    return Math.sqrt(squares / this.count)
  }

  /** How many samples are at most the percentile. */
  #rank(p: number): number {
    const exact = (p * this.count) / 100
    const nearest = Math.round(exact)
    // 99.9 is not a double: what it says of 1000 samples is 999, not the 1000th.
    return Math.abs(exact - nearest) <= exact * 2 ** -50 ? nearest : Math.ceil(exact)
  }

  /** @param rank in order of size, from 1 */
  #valueAt(rank: number, bucket: number): number {
    if (rank <= 1) return this.min
    return rank >= this.count ? this.max : this.#representative(bucket)
  }

  percentile(p: number): number {
    if (this.count === 0) return this.max
    const rank = this.#rank(p)
    let i = this.#first
    for (let below = this.at(i); below < rank && i < this.#last; below += this.at(i)) i++
    return this.#valueAt(rank, i)
  }

  /** As hdr's iterator: each key halves what is left to 100, until one reaches the last bucket; then 100. */
  percentiles(): Map<number, number> {
    const all = new Map<number, number>()
    let i = this.#first
    let below = this.at(i)
    for (let rest = 100; this.count !== 0 && rest > 0; rest /= 2) {
      const key = 100 - rest
      const rank = this.#rank(key)
      while (below < rank && i < this.#last) below += this.at(++i)
      all.set(key, this.#valueAt(rank, i))
      if (i === this.#last) break
    }
    return all.set(100, this.max)
  }

  list(): HistogramBucket[] {
    const list: HistogramBucket[] = []
    for (let i = 0; i < this.reading.buckets.count; i++) {
      const count = this.at(i)
      if (count === 0 && !this.reading.buckets.byBounds) continue
      list.push({ from: this.reading.buckets.from(i), to: this.reading.buckets.to(i), count })
    }
    return list
  }
}

function finite(x: number): number | undefined {
  return Number.isFinite(x) ? x : undefined
}
