import { PerCpuCounter } from '../counter/counter'
import { PerCpuSum } from '../counter/sum'
import { PerCpuHistogram } from '../histogram/histogram'
import type { NamedHistogramOptions } from '../histogram/opening'
import { type NamedOptions, openThere } from '../region/entries'
import { Region } from '../region/region'
import { Gauge } from './gauge'
import { PART_LABEL } from './merged'
import { pourFractions, pourIntegers, pourSamples, pourValue } from './pouring'

/** What opens the parts of cells by name: the classes themselves, or something that stands in for them. */
export interface Opener {
  counter(name: string, options: NamedOptions): PerCpuCounter
  sum(name: string, options: NamedOptions): PerCpuSum
  gauge(name: string, options: NamedOptions, code: number): Gauge
  histogram(name: string, options: NamedHistogramOptions & { buckets: readonly number[] }): PerCpuHistogram
}

/** It opens them in a region. */
export const REGIONS: Opener = {
  counter: (name, options) => PerCpuCounter.named(name, options),
  sum: (name, options) => PerCpuSum.named(name, options),
  gauge: (name, options, code) => Gauge.named(name, options, code),
  histogram: (name, options) => PerCpuHistogram.named(name, options as NamedHistogramOptions),
}

/** How to open what counts one set of labels. */
export interface CellOptions {
  readonly region: Region
  readonly labels: Record<string, string>
  readonly help: string
  readonly unit?: string
  readonly opener: Opener
}

/** Something that counts. Its region is null if it is in none. */
export interface Part {
  readonly region: Region | null
  reset(): void
  close(): void
}

/** Something that is open for a moment. */
export interface Held {
  release(): void
}

/** What a part is. */
export interface PartKind<P extends Part> {
  open(name: string, options: CellOptions): P
  pour(from: P, to: P): void
}

/** What a cell counts with. */
export interface CellKind<P extends Part> extends PartKind<P> {
  /** What there is of it already. */
  there(name: string, options: CellOptions): Held | null
}

export const INTEGERS: CellKind<PerCpuCounter> = {
  open: (name, options) => options.opener.counter(name, options),
  there: (name, options) => openThere('counter', name, options),
  pour: pourIntegers,
}

export const FRACTIONS: PartKind<PerCpuSum> = {
  open(name, options) {
    const labels = { ...options.labels, [PART_LABEL]: 'fraction' }
    return options.opener.sum(name, { ...options, labels })
  },
  pour: pourFractions,
}

/** @param code see {@link Gauge.named} */
export const gaugeKind = (code: number): CellKind<Gauge> => ({
  open: (name, options) => options.opener.gauge(name, options, code),
  there: (name, options) => Gauge.there(name, options),
  pour: pourValue,
})

export const histogramKind = (buckets: readonly number[]): CellKind<PerCpuHistogram> => ({
  open: (name, options) => options.opener.histogram(name, { ...options, buckets }),
  // Of any bounds: there is one row of all.
  there: (name, options) => openThere('histogram', name, options),
  pour: pourSamples,
})

/** What the cells of a metric have in common. */
export interface CellOwner {
  readonly name: string
  /** All that its cells have open. */
  readonly holds: { add<P extends Part>(part: P): P; end(part: Part | null): void }
  /** Opens a part of a cell: in the process, if it cannot be in the region. */
  placed<P>(cell: Cell, open: (options: CellOptions) => P): P
}

/** What counts one set of labels. It is open from its first use to its removal; used again, it is opened again. */
export class Cell<P extends Part = Part> {
  readonly labels: Record<string, string | number>
  protected readonly owner: CellOwner
  /** What counts; null: not open. */
  protected part: P | null = null
  readonly #kind: CellKind<P>

  constructor(owner: CellOwner, labels: Record<string, string | number>, kind: CellKind<P>) {
    this.owner = owner
    this.labels = labels
    this.#kind = kind
  }

  /** @internal What a console shows of it, and not all that it belongs to. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return { labels: this.labels }
  }

  get isOpen(): boolean {
    return this.part !== null
  }

  open(options: CellOptions): void {
    this.part = this.opened(this.#kind, options)
  }

  /** What there is of it already: open, until it is released. Nothing is made. */
  there(options: CellOptions): Held | null {
    return this.#kind.there(this.owner.name, options)
  }

  /**
   * Moves what counts in the process to the region.
   *
   * @throws {RseqError} then what was not moved counts on where it is
   */
  move(options: CellOptions): void {
    this.part = this.moved(this.#kind, this.part, options)
  }

  /** Ends this thread's hold. */
  close(): void {
    this.owner.holds.end(this.part)
    this.part = null
  }

  /** Back to 0, for all threads and processes; a gauge's is of this process alone. */
  reset(): void {
    this.part?.reset()
  }

  protected opened<Q extends Part>(kind: PartKind<Q>, options: CellOptions): Q {
    return this.owner.holds.add(kind.open(this.owner.name, options))
  }

  /** @returns what counts from now on */
  protected moved<Q extends Part>(kind: PartKind<Q>, from: Q | null, options: CellOptions): Q | null {
    if (from?.region !== Region.process) return from
    const to = this.opened(kind, options)
    kind.pour(from, to)
    this.owner.holds.end(from)
    return to
  }
}
