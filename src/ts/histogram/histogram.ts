import type { InspectOptionsStylized } from 'node:util'
import { backend } from '../backend/backend'
import { typedArrayName } from '../base/arrays'
import { util } from '../base/builtins'
import { RseqError } from '../base/errors'
import { badNumber, integerOf, rangeError, typeError } from '../base/validate'
import type { Buckets } from '../contract/buckets'
import {
  handleOf,
  openHandle,
  type PerCpuHandle,
  present,
  refusal,
  textsOf,
  usable,
  writable,
} from '../region/entries'
import { wrongThis } from '../region/object'
import { type ClassOf, type Opening, objectOf, openFor, type PerCpuCell, REFUSED } from '../region/opening'
import type { Region } from '../region/region'
import {
  bucketsIn,
  type HistogramOptions,
  type NamedHistogramOptions,
  openNamedShaped,
  openShaped,
} from './opening'
import { type HistogramJSON, HistogramReading, HistogramSnapshot } from './reading'
import type { Reading } from './summary'
import { started, timed, UNITS } from './timer'

const { inspect } = util
const { record, recordInt32, recordTimes, recordMany } = backend

/** @internal Takes all samples out of the one, and adds them to the other, of the same shape. */
export let pourSamples: (from: PerCpuHistogram, to: PerCpuHistogram) => void

/** What a histogram has open. */
let openedBy: (object: unknown, what: string) => Opening

/**
 * A histogram with one set of buckets per possible CPU: percentiles of what many threads and processes record, at the
 * price of counting. `count` and every bucket are exact, whatever happens to a thread or process; so are the sum of
 * samples that are safe integers, and, while nobody drains, the smallest and largest sample.
 *
 * Samples are finite numbers, at least 0 unless bounds were chosen. The reading side is that of Node's own histograms;
 * each of its properties is a reading of its own: take a {@link snapshot} where several have to belong together.
 *
 * Ordering: relaxed. A reader can see a sample's bucket before its part of the sum.
 */
export class PerCpuHistogram extends HistogramReading {
  #opening: Opening | null = null
  readonly #buckets: Buckets
  /** The smallest sample that it takes. */
  readonly #least: number
  readonly #perUnit: number
  #id = REFUSED
  /** As `PerCpuCounter.cell`. */
  declare readonly cell: PerCpuCell

  static {
    openedBy = (object, what) => {
      const made = typeof object === 'object' && object !== null && #opening in object
      if (made && object.#opening !== null) return object.#opening
      throw wrongThis(object, 'histogram', what)
    }
    pourSamples = (from, to) => {
      const { number, entry } = openedBy(to, 'merge')
      backend.mergeHistogram(number, entry, from.#look(true).cells)
    }
  }

  /**
   * A histogram of its own, empty; other threads get it by its {@link handle}.
   *
   * @throws as the constructor of `PerCpuCounter`
   */
  constructor(options?: HistogramOptions) {
    super()
    const opening = openFor(this, 'histogram', new.target, () => openShaped(options))
    this.#buckets = bucketsIn(opening)
    this.#opening = opening
    this.#least = this.#buckets.byBounds ? -Number.MAX_VALUE : 0
    this.#perUnit = UNITS[textsOf(opening).unit] ?? 1
    this.#id = opening.id
  }

  /**
   * The histogram of that name and those labels: as `PerCpuCounter.named`, in the same name space. Where it is there
   * already, options may leave its range and error, or its bounds, out.
   *
   * @param name 1 to 240 bytes of UTF-8
   * @throws {RseqError} `ERR_RSEQ_KIND` also where it has another range, error or bounds than the options say; else as
   * `PerCpuCounter.named`
   */
  static named<T extends PerCpuHistogram = PerCpuHistogram>(
    this: ClassOf<T, NamedHistogramOptions>,
    name: string,
    options?: NamedHistogramOptions,
  ): T {
    return objectOf(openNamedShaped(name, options), this ?? PerCpuHistogram, options) as T
  }

  /**
   * The histogram that another thread of this process sent, or another process that is attached to the same region.
   *
   * @throws as `PerCpuCounter.from`
   */
  static from<T extends PerCpuHistogram = PerCpuHistogram>(
    this: ClassOf<T, NamedHistogramOptions>,
    handle: PerCpuHandle<'histogram'>,
  ): T {
    return objectOf(openHandle('histogram', handle), this ?? PerCpuHistogram) as T
  }

  /**
   * Counts a sample.
   *
   * @param x a finite number, at least 0 unless bounds were chosen; beyond the range it counts in the last bucket
   * @param count how often, 1 to 2⁵³ − 1; once by default
   * @throws {TypeError | RangeError} for anything else; nothing is counted
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`
   */
  record(x: number, count?: number): void {
    let id: number
    try {
      id = this.#id
    } catch {
      throw wrongThis(this, 'histogram', 'record')
    }
    // The usual case: small integers.
    if (typeof x === 'number' && (x | 0) === x && x >= 0 && id >= 0 && count === undefined) {
      recordInt32(id, x)
      return
    }
    if (typeof x !== 'number' || !(x >= this.#least && x <= Number.MAX_VALUE)) {
      throw badNumber('PerCpuHistogram.record', this.#expected, x)
    }
    if (id < 0) throw refusal(openedBy(this, 'record'))
    if (count === undefined) record(id, x)
    else recordTimes(id, x, integerOf('PerCpuHistogram.record count', count, 1, Number.MAX_SAFE_INTEGER))
  }

  /**
   * Counts many samples in one call.
   *
   * @param samples as {@link record} takes them
   * @throws {TypeError | RangeError} where it is none, or one of its numbers is no sample; nothing is counted
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`
   */
  recordMany(samples: Float64Array): void {
    const what = 'PerCpuHistogram.recordMany'
    const opening = openedBy(this, 'recordMany')
    if (typedArrayName(samples) !== 'Float64Array') throw typeError(what, 'a Float64Array', samples)
    if (this.#id < 0) throw refusal(opening)
    const result = recordMany(this.#id, samples, this.#least === 0)
    if (result > 0) throw rangeError(`${what} samples[${result - 1}]`, this.#expected, samples[result - 1])
    if (result < 0) throw new RseqError('ERR_RSEQ_NO_MEMORY', `${what}: no memory for a copy of the samples`)
  }

  /**
   * Measures time: without an argument it starts a clock, and gives a function that records the time since and returns
   * it. With a function it gives one that does the same and records how long each call takes, until it returns or
   * throws, or until its promise is settled.
   *
   * In nanoseconds, unless the histogram's unit is `seconds`, `milliseconds` or `microseconds` (or `s`, `ms`, `us`).
   *
   * @throws {TypeError} for anything but a function
   */
  timer(): () => number
  /** The same of what a function does: see above. */
  timer<This, Args extends unknown[], Result>(
    fn: (this: This, ...args: Args) => Result,
  ): (this: This, ...args: Args) => Result
  timer<This, Args extends unknown[], Result>(
    fn?: (this: This, ...args: Args) => Result,
  ): (() => number) | ((this: This, ...args: Args) => Result) {
    const take = (elapsed: number): void => this.record(elapsed)
    return fn === undefined ? started(take, this.#perUnit) : timed(take, this.#perUnit, fn)
  }

  /** All samples since the last {@link drain}. */
  snapshot(): HistogramSnapshot {
    return new HistogramSnapshot(this.read(), this.name)
  }

  /**
   * Reads and resets in one step, against any number of recording and draining threads and processes: each sample is in
   * exactly one drain's result, or still here. Of a sample that is recorded meanwhile, bucket and sum can be in two
   * results.
   *
   * @throws as `PerCpuCounter.drain`
   */
  drain(): HistogramSnapshot {
    writable(openedBy(this, 'drain'))
    return new HistogramSnapshot(this.#look(true), this.name)
  }

  /** As {@link drain}, where nobody wants to know. */
  reset(): void {
    this.drain()
  }

  /**
   * The samples of both: a snapshot.
   *
   * @throws as `HistogramSnapshot.merge`
   */
  merge(other: HistogramReading): HistogramSnapshot {
    return this.snapshot().merge(other)
  }

  /** The name, or null. */
  override get name(): string | null {
    return openedBy(this, 'name').name
  }

  /** The labels that belong to the name; empty where it has none. */
  get labels(): Readonly<Record<string, string>> {
    return textsOf(usable(openedBy(this, 'labels'))).labels
  }

  /** What it measures, as its maker said; empty where it did not. */
  get help(): string {
    return textsOf(usable(openedBy(this, 'help'))).help
  }

  /** In what it measures, as its maker said; empty where it did not. */
  get unit(): string {
    return textsOf(usable(openedBy(this, 'unit'))).unit
  }

  /** The region that its memory is in. */
  get region(): Region {
    return openedBy(this, 'region').region
  }

  /** It was closed: every operation throws `ERR_RSEQ_CLOSED`. */
  get closed(): boolean {
    return openedBy(this, 'closed').closed
  }

  /** As `PerCpuCounter.handle`. */
  get handle(): PerCpuHandle<'histogram'> {
    return handleOf('histogram', usable(openedBy(this, 'handle')))
  }

  /** As `PerCpuCounter.close`. */
  close(): void {
    const opening = openedBy(this, 'close')
    this.#id = REFUSED
    opening.release()
  }

  /** Name, labels and what Node's own histograms have in JSON. */
  override toJSON(): HistogramJSON {
    return openedBy(this, 'toJSON').closed ? ({ name: this.name, closed: true } as never) : super.toJSON()
  }

  /** @internal */
  override [inspect.custom](depth: number, options: InspectOptionsStylized, show: typeof inspect): string {
    if (openedBy(this, 'inspect').closed) return `${this.constructor.name} ${show(this.toJSON(), options)}`
    return super[inspect.custom](depth, options, show)
  }

  /** @internal */
  protected override read(): Reading {
    return this.#look(false)
  }

  #look(drain: boolean): Reading {
    const opening = usable(openedBy(this, 'read'))
    const cells = present(backend.histogramCells(opening.number, opening.entry, drain), opening)
    return { cells: new Float64Array(cells), buckets: this.#buckets }
  }

  get #expected(): string {
    return this.#least === 0 ? 'a finite number, at least 0' : 'a finite number'
  }
}
