import { backend } from '../backend/backend'
import { HISTOGRAM, KIND, type MetricKind, SURVEY } from '../contract/backend'
import { type Buckets, bucketsOf } from '../contract/buckets'
import { succeed } from '../contract/results'
import { warnOfDamage } from '../region/damage'
import { labelsOf, type Region, regionNumber } from '../region/region'

/** One object of a region, whoever made it. The same object in every reading, as long as it is the same entry. */
export interface Series {
  readonly entry: number
  /** With `entry` it tells this one from all others, ever. */
  readonly generation: number
  readonly kind: MetricKind
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

/** What a series said when it was looked at, or, of {@link Survey.look}, at the last look. */
export interface Sample {
  readonly series: Series
  /** A living process has it open. */
  readonly held: boolean
  /** The sum, a gauge's value, or a histogram's sum of samples. Beyond 2⁵³ rounded. */
  readonly value: number
  /** Of a histogram, else empty: how many samples each bucket has. A copy. */
  readonly counts: Float64Array
  /** Of a histogram, else NaN: hints, which a reader holds against the buckets. */
  readonly min: number
  readonly max: number
}

const KINDS = new Map<number, MetricKind>(
  Object.entries(KIND).map(([kind, number]) => [number, kind as MetricKind]),
)
/** Numbers that a look has room for beside those that there were: more series may be made meanwhile. */
const SPARE = 2 ** 17
const NO_COUNTS = new Float64Array(0)

/** What looks have filled: see {@link SURVEY}. */
export interface Numbers {
  all: Float64Array
}

/** A sample, as a look's numbers have it. */
export class Seen implements Sample {
  /** @param at where the series' values begin */
  constructor(
    readonly series: Series,
    readonly numbers: Numbers,
    readonly at: number,
  ) {}

  get held(): boolean {
    return this.#get(SURVEY.held - SURVEY.head) === 1
  }

  get value(): number {
    if (this.series.buckets === null) return this.#get(0)
    const integers = this.#get(HISTOGRAM.integersHigh) * 2 ** 32 + this.#get(HISTOGRAM.integersLow)
    return integers + this.#get(HISTOGRAM.fractions)
  }

  get counts(): Float64Array {
    if (this.series.buckets === null) return NO_COUNTS
    const values = this.#get(SURVEY.values - SURVEY.head)
    // Without buckets: they are all 0.
    if (values === HISTOGRAM.buckets) return new Float64Array(this.series.buckets.count)
    return this.numbers.all.slice(this.at + HISTOGRAM.buckets, this.at + values)
  }

  get min(): number {
    return this.series.buckets === null ? Number.NaN : this.#get(HISTOGRAM.min)
  }

  get max(): number {
    return this.series.buckets === null ? Number.NaN : this.#get(HISTOGRAM.max)
  }

  #get(which: number): number {
    return this.numbers.all[this.at + which] as number
  }
}

/**
 * Looks at everything in a region at once, and holds none of it: what is looked at can be removed by others. For
 * whoever shows what a whole service counts. A look costs one native call; texts are read once for each entry.
 *
 * Of each thread's own.
 */
export class Survey {
  /** By entry: these are small numbers. */
  readonly #known: Series[] = []
  #numbers: Numbers = { all: new Float64Array(1024) }
  #length = 0
  #samples: readonly Seen[] = []

  constructor(private readonly region: Region) {}

  /**
   * Every live object with its value, in the directory's order. Each value is as its own class would read it.
   *
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_REGION_LOST`, `ERR_RSEQ_REGION_DAMAGED`
   */
  read(): readonly Sample[] {
    this.look()
    const { all } = this.#numbers
    const isLarge = this.#length > SPARE
    const numbers = { all: isLarge ? all : all.slice(0, this.#length) }
    const samples = this.#samples.map(({ series, at }) => new Seen(series, numbers, at))
    // So much is not copied: it is the reader's now, and the next look fills another one.
    if (isLarge) {
      this.#numbers = { all: new Float64Array(1024) }
      this.#length = 0
      this.#samples = []
    }
    return samples
  }

  /**
   * The same for who looks again and again: as long as there are the same series, it is the same list of the same
   * objects, which say the new values. A thousand of them need not be made, or even touched, each time.
   *
   * @throws {RseqError} as {@link read}
   */
  look(): readonly Seen[] {
    const number = regionNumber(this.region, 'region')
    if (!this.#fill(number)) this.#samples = this.#found(number)
    return this.#samples
  }

  /** @returns false where there are other series than before */
  #fill(region: number): boolean {
    const { all } = this.#numbers
    const before = this.#length
    // Whatever throws, the next look is a new one.
    this.#length = 0
    let filled = backend.survey(region, all) ?? 0
    while (filled < 0) {
      // More may be made meanwhile.
      this.#numbers.all = new Float64Array(-filled + Math.min(-filled, SPARE))
      filled = backend.survey(region, this.#numbers.all) ?? 0
    }
    // Behind the look, for the look itself may find out that the region is lost.
    succeed(backend.checkRegion(region), 'region')
    this.#length = filled
    return filled === before && this.#numbers.all[SURVEY.isSame] === 1
  }

  #found(region: number): Seen[] {
    const { all } = this.#numbers
    const found: Seen[] = []
    let damaged = all[SURVEY.leftOut] as number
    for (let at = SURVEY.first; at < this.#length; ) {
      const first = at + SURVEY.head
      const entry = all[at + SURVEY.entry] as number
      const values = all[at + SURVEY.values] as number
      const series = this.#seriesOf(region, entry, all[at + SURVEY.generation] as number)
      // Undefined: it was given back between the look and this. Buckets that are others than its values are damage.
      const counts = values - HISTOGRAM.buckets
      const fits = !series?.buckets || counts === 0 || series.buckets.count === counts
      if (series === null || !fits) damaged++
      else if (series !== undefined) found.push(new Seen(series, this.#numbers, first))
      at = first + values
    }
    warnOfDamage(this.region.path, damaged)
    return found
  }

  /** Null: it is damaged. Undefined: it is another one by now. */
  #seriesOf(region: number, entry: number, generation: number): Series | null | undefined {
    const known = this.#known[entry]
    if (known?.generation === generation) return known
    const info = backend.describe(region, entry)
    if (info === null) return null
    if (info?.generation !== generation) return undefined
    const kind = KINDS.get(info.kind)
    const buckets = kind === 'histogram' ? bucketsOf(info.shape, info.extra) : null
    const labels = labelsOf(info.labels)
    if (kind === undefined || labels === null || (kind === 'histogram' && buckets === null)) return null
    const { name, help, unit, shape } = info
    const series: Series = Object.freeze({
      entry,
      generation,
      kind,
      name: name === '' ? null : name,
      labels: Object.freeze(labels),
      help,
      unit,
      buckets,
      code: shape,
    })
    this.#known[entry] = series
    return series
  }
}
