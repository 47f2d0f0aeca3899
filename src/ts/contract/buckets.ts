import { checkObject, numberOf, rangeError, typeError } from '../base/validate'

/** How a histogram shares values out to its buckets. Where nothing of it is given, an existing one is taken as it is. */
export interface HistogramShapeOptions {
  /**
   * How far a reported value may be from the recorded one, relative to it: 2⁻¹⁵ (about 0.00003) to 0.25, by
   * default 0.01. It is rounded down to a negative power of two. Halving it doubles the memory: in the
   * default range, each CPU takes 42 KiB at 0.01 and 332 KiB at 0.001.
   */
  readonly error?: number
  /**
   * The smallest value that is told apart from 0: at least 2⁻¹⁰²², below `highest`. By default 2⁻³⁰ (about
   * 10⁻⁹), so that with the default `highest` nanoseconds fit as well as seconds. The range begins with its
   * bucket; one bucket more counts all that is smaller.
   */
  readonly lowest?: number
  /**
   * The largest value whose size is kept: a finite number, by default 2⁵³. The range ends with its bucket;
   * one bucket more counts all that is larger, as `exceeds` tells.
   */
  readonly highest?: number
  /**
   * Instead of the three above: the buckets' upper bounds, inclusive, as Prometheus has them. 1 to 4096
   * finite numbers, each greater than the one before. One bucket more counts what is above all of them.
   */
  readonly buckets?: readonly number[]
}

/** What a region's directory keeps: see src/native/objects/shape.h. */
export interface Shape {
  /** Bits of precision: 2^bits buckets from each power of two to the next. 0: by bounds. */
  readonly shape: number
  /** The lowest and the highest value, or the bounds. */
  readonly extra: Float64Array
}

/** @internal src/native/objects/shape.h's `kMaxPrecision`, `kMaxBuckets`, `kMaxBounds`. */
export const MOST_OF_HISTOGRAM = { precision: 14, buckets: 2 ** 21, bounds: 4096 } as const
const SMALLEST_ERROR = 2 ** -(MOST_OF_HISTOGRAM.precision + 1)
const LARGEST_ERROR = 0.25
const SMALLEST_NORMAL = 2 ** -1022
/** Bits of a double's upper half that are mantissa; no bucket is told by a bit of the lower half. */
const UPPER_MANTISSA = 20

const DEFAULT_ERROR = 0.01
const DEFAULT_LOWEST = 2 ** -30
const DEFAULT_HIGHEST = 2 ** 53

/** The shape of a new histogram whose options say nothing of it. */
export const DEFAULT_SHAPE: Shape = {
  shape: precisionOf(DEFAULT_ERROR),
  extra: Float64Array.of(DEFAULT_LOWEST, DEFAULT_HIGHEST),
}

/** A bucket's middle is at most half its width away, 2^-(bits + 1) of the power of two below. */
function precisionOf(error: number): number {
  let bits = 1
  while (2 ** -(bits + 1) > error) bits++
  return bits
}

function boundsOf(what: string, buckets: unknown): Float64Array {
  if (!Array.isArray(buckets)) throw typeError(what, 'an array of numbers', buckets)
  const { length } = buckets
  numberOf(
    `${what}.length`,
    length,
    `1 to ${MOST_OF_HISTOGRAM.bounds}`,
    (x) => Number.isInteger(x) && x >= 1 && x <= MOST_OF_HISTOGRAM.bounds,
  )
  const bounds = new Float64Array(length)
  // Reading an element may run code that changes the array: it is the copy that is checked.
  for (let i = 0; i < length; i++) {
    bounds[i] = numberOf(`${what}[${i}]`, buckets[i], 'a finite number', () => true)
  }
  bounds.forEach((bound, i) => {
    const before = i === 0 ? undefined : bounds[i - 1]
    const expected = before === undefined ? 'a finite number' : `a finite number above ${before}`
    numberOf(
      `${what}[${i}]`,
      bound,
      expected,
      (x) => Number.isFinite(x) && (before === undefined || x > before),
    )
  })
  return bounds
}

/**
 * The shape that options ask for.
 *
 * @param what the options, as a message calls them
 * @returns null where they say nothing of it
 * @throws {TypeError | RangeError} for options that are none
 */
export function shapeOf(what: string, options: HistogramShapeOptions | undefined): Shape | null {
  if (options === undefined) return null
  checkObject(what, options)
  const { error, lowest, highest, buckets } = options
  const isRange = error !== undefined || lowest !== undefined || highest !== undefined
  if (buckets !== undefined) {
    if (isRange) throw typeError(`${what}.buckets`, 'no error, lowest or highest beside it', buckets)
    return { shape: 0, extra: boundsOf(`${what}.buckets`, buckets) }
  }
  if (!isRange) return null
  // Not `??`: null is a wrong argument, not an absent one.
  const relative = error === undefined ? DEFAULT_ERROR : error
  const expected = `a number from ${SMALLEST_ERROR} to ${LARGEST_ERROR}`
  numberOf(`${what}.error`, relative, expected, (x) => x >= SMALLEST_ERROR && x <= LARGEST_ERROR)
  const from = lowest === undefined ? DEFAULT_LOWEST : lowest
  const isNormal = (x: number): boolean => Number.isFinite(x) && x >= SMALLEST_NORMAL
  numberOf(`${what}.lowest`, from, `a finite number from ${SMALLEST_NORMAL}`, isNormal)
  const to = highest === undefined ? DEFAULT_HIGHEST : highest
  const isAbove = (x: number): boolean => Number.isFinite(x) && x > from
  numberOf(`${what}.highest`, to, `a finite number above lowest, ${from}`, isAbove)
  const shape = { shape: precisionOf(relative), extra: Float64Array.of(from, to) }
  const { count } = new Buckets(shape)
  if (count > MOST_OF_HISTOGRAM.buckets)
    throw rangeError(
      `${what}: buckets of that error from lowest to highest`,
      `at most ${MOST_OF_HISTOGRAM.buckets}`,
      count,
    )
  return shape
}

/** Whether both share values out alike. */
export function sameShape(a: Shape, b: Shape): boolean {
  const { length } = a.extra
  return a.shape === b.shape && length === b.extra.length && a.extra.every((x, i) => x === b.extra[i])
}

/** The buckets of what a directory says, whoever wrote it; null where shape.cc, too, would take it for no shape. */
export function bucketsOf(shape: number, extra: ArrayBuffer): Buckets | null {
  if (extra.byteLength % Float64Array.BYTES_PER_ELEMENT !== 0) return null
  const numbers = new Float64Array(extra.slice(0))
  const isIncreasing = numbers.every(
    (x, i) => Number.isFinite(x) && (i === 0 || x > (numbers[i - 1] as number)),
  )
  if (!isIncreasing || numbers.length === 0 || numbers.length > MOST_OF_HISTOGRAM.bounds) return null
  if (!Number.isInteger(shape) || shape < 0 || shape > MOST_OF_HISTOGRAM.precision) return null
  if (shape !== 0 && (numbers.length !== 2 || !((numbers[0] as number) >= SMALLEST_NORMAL))) return null
  const buckets = new Buckets({ shape, extra: numbers })
  return buckets.count <= MOST_OF_HISTOGRAM.buckets ? buckets : null
}

// A double as its two halves, whatever this machine's byte order.
const view = new DataView(new ArrayBuffer(8))

function upperHalf(x: number): number {
  view.setFloat64(0, x)
  return view.getUint32(0)
}

/** The double whose upper half is that and whose lower half is 0. */
function fromUpperHalf(upper: number): number {
  view.setUint32(0, upper)
  view.setUint32(4, 0)
  return view.getFloat64(0)
}

/**
 * Where the buckets of a shape begin and end. With bits of precision, each binade has 2^bits equal ones, from
 * that of the lowest value to that of the highest; bucket 0 is what is below, the last one what is above.
 * They hold their lower bound, and not their upper one. By bounds, it is the other way round.
 */
export class Buckets {
  /** How many there are. */
  readonly count: number
  /** Bits of an upper half that do not tell buckets apart. */
  readonly #drop: number
  /** The upper half of `lowest`, without those. */
  readonly #base: number
  #edges: Float64Array | undefined

  /** Whether that is a reading of this package's own making: its buckets cannot be forged. */
  static fit(reading: unknown): boolean {
    if (typeof reading !== 'object' || reading === null || !('buckets' in reading)) return false
    const { buckets } = reading
    return typeof buckets === 'object' && buckets !== null && #drop in buckets
  }

  /** @param shape one that {@link shapeOf} or {@link bucketsOf} has checked; not changed afterwards */
  constructor(readonly shape: Shape) {
    const [lowest, highest] = shape.extra as ArrayLike<number> as [number, number]
    this.#drop = UPPER_MANTISSA - shape.shape
    this.#base = upperHalf(lowest) >>> this.#drop
    this.count = this.byBounds ? shape.extra.length + 1 : (upperHalf(highest) >>> this.#drop) - this.#base + 3
  }

  /** Whether somebody chose the bounds, rather than a range and an error. */
  get byBounds(): boolean {
    return this.shape.shape === 0
  }

  /** The bucket of a finite number: what shape.h's bucket() says. */
  indexOf(x: number): number {
    const { extra } = this.shape
    if (this.byBounds) {
      let low = 0
      let high = extra.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if (x > (extra[middle] as number)) low = middle + 1
        else high = middle
      }
      return low
    }
    const i = (upperHalf(x) >>> this.#drop) - this.#base
    if (i >= 0 && i < this.count - 2) return i + 1
    return x < (extra[0] as number) ? 0 : this.count - 1
  }

  /** Where bucket `i` begins. The first one: at 0, or at −Infinity where bounds were chosen. */
  from(i: number): number {
    return this.#edgesOnce()[i] as number
  }

  /** Where bucket `i` ends. The last one: at Infinity. */
  to(i: number): number {
    return this.#edgesOnce()[i + 1] as number
  }

  /** The middle of what bucket `i` has between `min` and `max`; the finite end where the other one is not. */
  middle(i: number, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY): number {
    const from = Math.max(this.from(i), min)
    const to = Math.min(this.to(i), max)
    if (from === Number.NEGATIVE_INFINITY) return to
    return to === Number.POSITIVE_INFINITY ? from : from + (to - from) / 2
  }

  /** Bucket i is from the i-th to the next. */
  #edgesOnce(): Float64Array {
    if (this.#edges !== undefined) return this.#edges
    const { extra } = this.shape
    const edges = new Float64Array(this.count + 1).fill(Number.POSITIVE_INFINITY)
    if (this.byBounds) {
      edges[0] = Number.NEGATIVE_INFINITY
      edges.set(extra, 1)
    } else {
      edges[0] = 0
      for (let i = 1; i < this.count; i++) edges[i] = fromUpperHalf((this.#base + i - 1) << this.#drop)
    }
    this.#edges = edges
    return edges
  }
}
