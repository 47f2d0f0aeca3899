import type { HistogramConfiguration, Histogram as PromHistogram } from 'prom-client'
import { util } from '../../base/builtins'
import { PerCpuHistogram } from '../../histogram/histogram'
import { isOtherShape } from '../../histogram/opening'
import { BOUNDS_LABEL } from '../../metrics/families'
import { moved, pourSamples } from '../../metrics/pouring'
import { openThere } from '../../region/entries'
import { prom } from '../peer'
import type { Cell, CellOptions, Held } from '../series/cell'
import type { Family } from '../series/family'
import { isObject, type Labels } from '../series/labels'
import { checkConfiguration, collected, type Metric, share, sharedOf } from './metric'

/** @throws as prom-client does */
function sampleOf(value: unknown): number {
  if (Number.isFinite(value)) return value as number
  throw new TypeError(`Value is not a valid number: ${util.format(value)}`)
}

/** Longer ones would leave no room for labels. */
const MOST_BOUNDS_TEXT = 4096

class HistogramCell implements Cell {
  readonly #family: Family<HistogramCell>
  readonly #bounds: readonly number[]
  readonly labels: Labels
  #histogram: PerCpuHistogram | null = null
  // Of their own, so that they work without the object, as prom-client's do.
  readonly observe: (value: number) => void
  readonly startTimer: () => (labels?: object) => number

  constructor(
    family: Family<HistogramCell>,
    bounds: readonly number[],
    labels: Labels,
    startTimer: (labels: Labels) => (labels?: object) => number,
  ) {
    this.#family = family
    this.#bounds = bounds
    this.labels = labels
    this.observe = (value) => {
      const histogram = this.#histogram
      if (histogram !== null && Number.isFinite(value)) histogram.record(value)
      else this.record(sampleOf(value))
    }
    this.startTimer = () => startTimer(labels)
  }

  get isOpen(): boolean {
    return this.#histogram !== null
  }

  open(options: CellOptions): void {
    this.#histogram = this.#opened(options)
  }

  move(options: CellOptions): void {
    const close = (from: PerCpuHistogram): void => this.#family.holds.end(from)
    this.#histogram = moved(this.#histogram, () => this.#opened(options), pourSamples, close)
  }

  /** Of any bounds: there is one row of all. */
  there(options: CellOptions): Held | null {
    return openThere('histogram', this.#family.name, options)
  }

  record(value: number): void {
    if (this.#histogram === null) this.#family.opened(this).record(value)
    else this.#histogram.record(value)
  }

  close(): void {
    this.#family.holds.end(this.#histogram)
    this.#histogram = null
  }

  reset(): void {
    this.#histogram?.reset()
  }

  /** Beside that of an older or newer release, where that has other bounds: see `shownShapes` in families.ts. */
  #opened(options: CellOptions): PerCpuHistogram {
    const { heap } = options
    if (heap !== null) return this.#family.holds.add(heap.histogram(options.labels, this.#bounds))
    const named = (labels: Record<string, string>): PerCpuHistogram => {
      const all = { ...options, labels, buckets: this.#bounds }
      return this.#family.holds.add(PerCpuHistogram.named(this.#family.name, all))
    }
    try {
      return named(options.labels)
    } catch (error) {
      const own = this.#bounds.join(' ')
      if (!isOtherShape(error) || own.length > MOST_BOUNDS_TEXT) throw error
      return named({ ...options.labels, [BOUNDS_LABEL]: own })
    }
  }
}

/** What a region's histogram can have as bounds. */
function areBounds(bounds: readonly number[]): boolean {
  return (
    bounds.length > 0 &&
    bounds.every((x, i) => Number.isFinite(x) && (i === 0 || x > (bounds[i - 1] as number)))
  )
}

/**
 * prom-client's `Histogram`, counting for the whole service. With `enableExemplars`, an aggregator other than `sum`, or
 * bounds that are not increasing finite numbers, it is prom-client's own, and of each process alone.
 */
export class Histogram<T extends string = string> extends prom.Histogram<T> {
  readonly #family: Family<HistogramCell> | null

  constructor(configuration: HistogramConfiguration<T>) {
    super(checkConfiguration(configuration, 'histogram'))
    const metric = this as unknown as Metric & { upperBounds: readonly number[] }
    const bounds = metric.upperBounds
    const start = (labels: Labels): ((labels?: object) => number) => this.startTimer(labels as never) as never
    const family = areBounds(bounds)
      ? share<HistogramCell>(metric, bounds, (all, labels) => new HistogramCell(all, bounds, labels, start))
      : null
    this.#family = family
    if (family === null) return
    // prom-client's constructor has given the object an observe of its own.
    this.observe = (labels: unknown, value?: unknown) => {
      if (isObject(labels)) family.given(labels).record(sampleOf(value))
      else family.cell({}).record(sampleOf(labels === 0 || labels ? labels : value))
    }
  }

  /** The same child for the same labels: keep it where it is hot. */
  override labels(...args: unknown[]): PromHistogram.Internal<T> {
    if (this.#family === null) return super.labels(...(args as string[]))
    return this.#family.told(args)
  }

  /**
   * Shows those labels before the first sample. What this process has counted is set to 0, as in prom-client, for the
   * whole service; what others have counted before stays.
   */
  override zero(labels: Partial<Labels>): void {
    const cell = this.#family?.given(labels as Labels)
    if (cell === undefined) super.zero(labels as never)
    else if (cell.isOpen) cell.reset()
    else this.#family?.opened(cell)
  }

  /** Back to 0, for the whole service; sets of labels that no other process has are gone. */
  override reset(): void {
    // prom-client's constructor calls it.
    if (#family in this && this.#family !== null) this.#family.reset()
    else super.reset()
  }

  /** Gives up this process's hold of those labels; once nobody holds them, they start from 0. */
  override remove(...args: unknown[]): void {
    if (this.#family === null) super.remove(...(args as string[]))
    else this.#family.remove(this.#family.told(args))
  }

  /** Over all threads and processes. */
  override get(): ReturnType<PromHistogram<T>['get']> {
    const shared = sharedOf(this)
    return shared === undefined ? super.get() : collected(this, shared)
  }

  /** @internal What prom-client's registry asks instead of `get()`. */
  getForPromString(): Promise<unknown> {
    const own = prom.Histogram.prototype as unknown as { getForPromString(): Promise<unknown> }
    return sharedOf(this) === undefined ? own.getForPromString.call(this) : this.get()
  }
}
