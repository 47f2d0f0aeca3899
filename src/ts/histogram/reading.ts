import type { InspectOptionsStylized } from 'node:util'
import { util } from '../base/builtins'
import { RseqError } from '../base/errors'
import { numberOf, typeError } from '../base/validate'
import { HISTOGRAM } from '../contract/backend'
import { Buckets, sameShape } from '../contract/buckets'
import { EMPTY_MIN, type HistogramBucket, Look, type Reading } from './summary'

const { inspect } = util

/** A histogram in JSON: what Node's own have there, and the sum. */
export interface HistogramJSON {
  /** Samples. */
  readonly count: number
  /** The smallest sample; 2⁶³ where there is none, as Node has it. */
  readonly min: number
  /** The largest sample; 0 where there is none. */
  readonly max: number
  /** Their average; NaN where there is none. */
  readonly mean: number
  /** Samples above the highest value whose size is kept. */
  readonly exceeds: number
  /** Standard deviation; NaN where there is no sample. */
  readonly stddev: number
  /** Values, by percentile. */
  readonly percentiles: Readonly<Record<string, number>>
  /** The sum of all samples. */
  readonly sum: number
}

/** Halves go up, as Math.round says. */
function nearest(x: number): bigint {
  return BigInt(Math.round(x))
}

let readingOf: (histogram: HistogramReading) => Reading

/**
 * What can be read of a histogram: the names and the meanings of Node's own histograms (`createHistogram()`
 * of `node:perf_hooks`), for samples that are any numbers.
 *
 * `count`, `exceeds`, `min`, `max`, `sum` and `mean` are of the samples themselves. Percentiles and `stddev`
 * are of the buckets: each sample stands for the middle of its bucket. Where only integers were recorded,
 * that of a bucket which holds one integer is the integer.
 *
 * Each property is a reading of its own. Take a snapshot where several have to belong together.
 *
 * No samples: `max` and percentiles are 0, `mean` and `stddev` NaN, as in Node; `min` is NaN, where Node says
 * 2⁶³ − 1. Other than in Node, samples above the range count in everything.
 */
export abstract class HistogramReading {
  static {
    readingOf = (histogram) => histogram.read()
  }

  /** The name, or null. */
  abstract get name(): string | null

  /** @internal A look at the cells, which nobody changes afterwards. */
  protected abstract read(): Reading

  #look(): Look {
    return new Look(this.read())
  }

  /** The number of samples; exact up to 2⁵³ of them. */
  get count(): number {
    return this.#look().count
  }

  /** {@link count} as a bigint. */
  get countBigInt(): bigint {
    return BigInt(this.#look().count)
  }

  /**
   * The smallest sample; NaN where there is none. Where a drain or reset ran at the same time as recording,
   * it can be the lower bound of that sample's bucket.
   */
  get min(): number {
    return this.#look().min
  }

  /** {@link min}, rounded to the nearest integer; 2⁶³ − 1 where there are no samples, as in Node. */
  get minBigInt(): bigint {
    const { min } = this
    return Number.isNaN(min) ? EMPTY_MIN : nearest(min)
  }

  /** The largest sample; 0 where there is none. As exact as {@link min}, or its bucket's upper bound. */
  get max(): number {
    return this.#look().max
  }

  /** {@link max}, rounded to the nearest integer. */
  get maxBigInt(): bigint {
    return nearest(this.max)
  }

  /**
   * The sum of all samples: rounded once if all are integers, else with each sample. {@link sumBigInt} says its range.
   */
  get sum(): number {
    return this.#look().sum
  }

  /**
   * The exact sum of samples that are safe integers, modulo 2⁶⁴: between −2⁶³ and 2⁶³ − 1.
   *
   * @throws {RangeError} where other samples were recorded
   */
  get sumBigInt(): bigint {
    const { integers, fractions } = this.#look()
    if (fractions === 0) return integers
    throw new RangeError(
      `sumBigInt: expected safe integers alone, received others that add up to ${fractions}`,
    )
  }

  /** {@link sum} ÷ {@link count}; NaN where there are no samples. */
  get mean(): number {
    return this.#look().mean
  }

  /** The standard deviation of all samples (not of a sample of them); NaN where there are none. */
  get stddev(): number {
    return this.#look().stddev
  }

  /** How many samples are above the range: above the bucket of `highest`, or the last of explicit bounds. */
  get exceeds(): number {
    return this.#look().exceeds
  }

  /** {@link exceeds} as a bigint. */
  get exceedsBigInt(): bigint {
    return BigInt(this.#look().exceeds)
  }

  /**
   * The smallest value that at least `p` percent of the samples do not exceed: {@link min} for the first
   * sample, {@link max} for the last one, else between them. 0 where there are no samples.
   *
   * @param p above 0, at most 100
   * @throws {TypeError | RangeError} for another `p`
   */
  percentile(p: number): number {
    numberOf('percentile', p, 'a number above 0, and at most 100', (x) => x > 0 && x <= 100)
    return this.#look().percentile(p)
  }

  /**
   * {@link percentile}, rounded to the nearest integer.
   *
   * @param p above 0, at most 100
   * @throws {TypeError | RangeError} for another `p`
   */
  percentileBigInt(p: number): bigint {
    return nearest(this.percentile(p))
  }

  /**
   * The distribution: 0 (the smallest), 50, 75, 87.5 … percent, each key halving what is left, until one has
   * the largest samples; and 100. Only 100 where there are no samples. A new map each time.
   */
  get percentiles(): Map<number, number> {
    return this.#look().percentiles()
  }

  /** {@link percentiles} with values rounded to the nearest integer. Keys are numbers, as in Node. */
  get percentilesBigInt(): Map<number, bigint> {
    return new Map([...this.percentiles].map(([p, value]) => [p, nearest(value)]))
  }

  /**
   * Buckets in order of their values, each with its own samples alone.
   *
   * Of a range: those that hold any. Samples x with from ≤ x < to; what is below the range begins at 0, and
   * what exceeds it ends at Infinity.
   *
   * Of explicit bounds: all. Samples x with from < x ≤ to, from −Infinity to Infinity.
   */
  buckets(): HistogramBucket[] {
    return this.#look().list()
  }

  /** One reading of everything but the buckets. What is NaN becomes null in JSON. */
  toJSON(): HistogramJSON {
    const look = this.#look()
    return {
      count: look.count,
      min: look.min,
      max: look.max,
      mean: look.mean,
      exceeds: look.exceeds,
      stddev: look.stddev,
      percentiles: Object.fromEntries(look.percentiles()),
      sum: look.sum,
    }
  }

  /** @internal For util.inspect. */
  [inspect.custom](depth: number, options: InspectOptionsStylized, show: typeof inspect): string {
    if (depth < 0) return options.stylize(`[${this.constructor.name}]`, 'special')
    const look = this.#look()
    const shown = {
      name: this.name,
      count: look.count,
      min: look.min,
      max: look.max,
      mean: look.mean,
      p50: look.percentile(50),
      p90: look.percentile(90),
      p99: look.percentile(99),
    }
    return `${this.constructor.name} ${show(shown, options)}`
  }
}

/** A histogram's samples at one time. Never changes. */
export class HistogramSnapshot extends HistogramReading {
  readonly #reading: Reading
  readonly #name: string | null

  /** @internal @param reading nobody else has it */
  constructor(reading: Reading, name: string | null) {
    super()
    if (!Buckets.fit(reading))
      throw typeError('new HistogramSnapshot', 'snapshot() or drain() instead', reading)
    this.#reading = reading
    this.#name = name
  }

  /** The histogram's name, or null. */
  override get name(): string | null {
    return this.#name
  }

  /** @internal */
  protected override read(): Reading {
    return this.#reading
  }

  /**
   * The samples of both: a new snapshot, with this one's name.
   *
   * @param other a snapshot, or a histogram as it is now
   * @throws {TypeError} for anything else
   * @throws {RseqError} `ERR_RSEQ_KIND` where its range, error or bounds are not the same
   */
  merge(other: HistogramReading): HistogramSnapshot {
    if (!(other instanceof HistogramReading)) throw typeError('merge', 'a histogram or a snapshot', other)
    const { buckets, cells } = this.#reading
    const added = readingOf(other)
    if (!sameShape(buckets.shape, added.buckets.shape)) {
      throw new RseqError('ERR_RSEQ_KIND', 'merge: both have not the same range and error, or bounds')
    }
    const sum = cells.map((x, i) => x + (added.cells[i] as number))
    const [one, two] = [new Look(this.#reading), new Look(added)]
    const integers = BigInt.asIntN(64, one.integers + two.integers)
    sum[HISTOGRAM.integersHigh] = Number(integers >> 32n)
    sum[HISTOGRAM.integersLow] = Number(integers & 0xffffffffn)
    // What a look says, not what the cells do: those can be of samples that are not in the buckets.
    const looks = [one, two].filter(({ count }) => count !== 0)
    sum[HISTOGRAM.min] = looks.length === 0 ? Number.NaN : Math.min(...looks.map(({ min }) => min))
    sum[HISTOGRAM.max] = looks.length === 0 ? Number.NaN : Math.max(...looks.map(({ max }) => max))
    return new HistogramSnapshot({ cells: sum, buckets }, this.#name)
  }
}
