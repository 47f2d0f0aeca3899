import { backend } from './backend'
import { HISTOGRAM, KIND, type Kind, SURVEY } from './cells'
import { type Buckets, bucketsOf } from './histogram-shape'
import { labelsOf, type Region, regionNumber } from './region'
import { succeed } from './results'

/** One object of a region, whoever made it. The same object in every reading, as long as it is the same entry. */
export interface Series {
  readonly entry: number
  /** With `entry` it tells this one from all others, ever. */
  readonly generation: number
  readonly kind: Kind
  readonly name: string | null
  /** As they were given; keys that begin with `rseq.` are this package's own. */
  readonly labels: Readonly<Record<string, string>>
  readonly help: string
  readonly unit: string
  /** Of a histogram. */
  readonly buckets: Buckets | null
  /** What its maker said beside: of a gauge, what {@link Gauge} was told. */
  readonly code: number
}

/** What a series said when it was looked at. */
export interface Sample {
  readonly series: Series
  /** A living process has it open. */
  readonly held: boolean
  /** The sum, a gauge's value, or a histogram's sum of samples. Beyond 2⁵³ rounded. */
  readonly value: number
  /** Of a histogram, else empty: how many samples each bucket has. */
  readonly counts: Float64Array
  /** Of a histogram, else NaN: hints, which a reader holds against the buckets. */
  readonly min: number
  readonly max: number
}

const KINDS = new Map<number, Kind>(Object.entries(KIND).map(([kind, number]) => [number, kind as Kind]))
const NO_COUNTS = new Float64Array(0)

/**
 * Looks at everything in a region at once, and holds none of it: what is looked at can be removed by others. For
 * whoever shows what a whole service counts. A look costs one native call; texts are read once for each entry.
 *
 * Of each thread's own.
 */
export class Survey {
  readonly #region: Region
  /** By entry: these are small numbers. */
  readonly #known: Series[] = []
  /** Their generations, beside them: looking into a thousand objects takes longer than all else. */
  readonly #generations: number[] = []

  #numbers = new Float64Array(1024)
  #length = 0

  constructor(region: Region) {
    this.#region = region
  }

  /**
   * Every live object with its value, in the directory's order. Each value is as its own class would read it.
   *
   * @param last an earlier reading that nobody needs any more: its objects say the new values, as far as they stand
   *   for the same series in the same order. A thousand of them need not be made anew each time.
   * @returns `last` itself, where all of them are the same
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_REGION_LOST`, `ERR_RSEQ_REGION_DAMAGED`
   */
  read(last: readonly Sample[] = []): readonly Sample[] {
    const number = regionNumber(this.#region, 'region')
    const numbers = this.#look(number)
    // Null: so far those of `last`, in its order.
    let samples: Sample[] | null = null
    let count = 0
    for (let at = 0; at < this.#length; ) {
      const first = at + SURVEY.head
      const end = first + (numbers[at + SURVEY.values] as number)
      const series = this.#seriesOf(
        number,
        numbers[at + SURVEY.entry] as number,
        numbers[at + SURVEY.generation] as number,
      )
      // Undefined: it was given back between the look and this.
      if (series !== undefined) {
        const known = last[count]
        const isSame = known?.series === series
        const sample = isSame ? known : sampleOf(series)
        if (!isSame) samples ??= last.slice(0, count)
        put(sample, numbers[at + SURVEY.held] === 1, numbers, first, end)
        samples?.push(sample)
        count++
      }
      at = end
    }
    return samples ?? (count === last.length ? last : last.slice(0, count))
  }

  /** Fills this object's own numbers, up to its own length. */
  #look(region: number): Float64Array {
    let filled = backend.survey(region, this.#numbers) ?? 0
    while (filled < 0) {
      // More may be made meanwhile.
      this.#numbers = new Float64Array(Math.ceil(-filled * 1.5))
      filled = backend.survey(region, this.#numbers) ?? 0
    }
    this.#length = filled
    // Behind the look, for the look itself may find out that the region is lost.
    succeed(backend.checkRegion(region), 'region')
    return this.#numbers
  }

  #seriesOf(region: number, entry: number, generation: number): Series | undefined {
    if (this.#generations[entry] === generation) return this.#known[entry]
    const info = backend.describe(region, entry)
    const kind = info && KINDS.get(info.kind)
    const buckets = info && kind === 'histogram' ? bucketsOf(info.shape, info.extra) : null
    if (info?.generation !== generation || kind === undefined) return undefined
    if (kind === 'histogram' && buckets === null) return undefined
    const { name, labels, help, unit, shape } = info
    const series: Series = Object.freeze({
      entry,
      generation,
      kind,
      name: name === '' ? null : name,
      labels: Object.freeze(labelsOf(labels)),
      help,
      unit,
      buckets,
      code: shape,
    })
    this.#known[entry] = series
    this.#generations[entry] = generation
    return series
  }
}

type Changing<T> = { -readonly [key in keyof T]: T[key] }

function sampleOf(series: Series): Sample {
  return { series, held: false, value: 0, counts: NO_COUNTS, min: Number.NaN, max: Number.NaN }
}

/** @param numbers with the series' values from `first` to before `end` */
function put(into: Changing<Sample>, held: boolean, numbers: Float64Array, first: number, end: number): void {
  into.held = held
  if (end - first === 1) {
    into.value = numbers[first] as number
    return
  }
  const get = (which: number): number => numbers[first + which] as number
  const integers = get(HISTOGRAM.integersHigh) * 2 ** 32 + get(HISTOGRAM.integersLow)
  into.value = integers + get(HISTOGRAM.fractions)
  // A copy: the next look fills the same numbers.
  into.counts = numbers.slice(first + HISTOGRAM.buckets, end)
  into.min = get(HISTOGRAM.min)
  into.max = get(HISTOGRAM.max)
}
