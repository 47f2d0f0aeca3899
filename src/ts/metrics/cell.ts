import type { MetricKind } from '../contract/backend'
import { PerCpuCounter } from '../counter/counter'
import { PerCpuSum } from '../counter/sum'
import { PerCpuHistogram, pourSamples } from '../histogram/histogram'
import { openThere } from '../region/entries'
import { Region } from '../region/region'
import { Gauge } from './gauge'
import { PART_LABEL, PROCESS_LABEL } from './merged'

/** How to open what counts one set of labels. */
export interface CellOptions {
  readonly region: Region
  readonly labels: Record<string, string>
  readonly help: string
  readonly unit?: string
  /** Where it is opened instead, for no region has room. */
  readonly heap?: Heap
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
  readonly kind: MetricKind
  /** Labels of its own, beside the cell's. */
  readonly own?: Readonly<Record<string, string>>
  /** Of a gauge: see {@link Gauge.named}. */
  readonly code?: number
  /** Of a histogram: upper bounds. */
  readonly bounds?: readonly number[]
  open(name: string, options: CellOptions): P
  /**
   * Takes everything out of the one, and adds it to the other. Other threads of the process may count in the first one
   * still: what they add later, they move themselves.
   */
  pour(from: P, to: P): void
  /** What there is of it already, where a name and labels do not tell. */
  there?(name: string, options: CellOptions): Held | null
}

/** Memory in no region. */
export interface Heap {
  /** Something that stands in for a part. */
  open<P extends Part>(kind: PartKind<P>, name: string, labels: Record<string, string>): P
}

export const INTEGERS: PartKind<PerCpuCounter> = {
  kind: 'counter',
  open: (name, options) => PerCpuCounter.named(name, options),
  pour(from, to) {
    const most = BigInt(Number.MAX_SAFE_INTEGER)
    for (let left = from.drain(); left !== 0n; ) {
      const part = left > most ? most : left < -most ? -most : left
      to.add(Number(part))
      left -= part
    }
  },
}

const FRACTION = { [PART_LABEL]: 'fraction' }

export const FRACTIONS: PartKind<PerCpuSum> = {
  kind: 'sum',
  own: FRACTION,
  open: (name, options) => PerCpuSum.named(name, { ...options, labels: { ...options.labels, ...FRACTION } }),
  pour(from, to) {
    const sum = from.drain()
    // Beyond the range of a double it says nothing.
    if (Number.isFinite(sum)) to.add(sum)
  },
}

export const gaugeKind = (code: number): PartKind<Gauge> => ({
  kind: 'gauge',
  own: { [PROCESS_LABEL]: '' },
  code,
  open: (name, options) => Gauge.named(name, options, code),
  there: (name, options) => Gauge.there(name, options),
  // By adding: threads that count up and down together each move their own part. A new gauge is 0.
  pour(from, to) {
    const { value } = from
    if (Number.isFinite(value)) from.add(-value)
    else from.set(0)
    to.add(value)
  },
})

export const histogramKind = (bounds: readonly number[]): PartKind<PerCpuHistogram> => ({
  kind: 'histogram',
  bounds,
  open: (name, options) => PerCpuHistogram.named(name, { ...options, buckets: bounds }),
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
export class Cell<P extends Part = Part, O extends CellOwner = CellOwner> {
  /** What counts; null: not open. */
  protected part: P | null = null

  constructor(
    protected readonly owner: O,
    readonly labels: Record<string, string | number>,
    private readonly kind: PartKind<P>,
  ) {}

  /** @internal What a console shows of it, and not all that it belongs to. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return { labels: this.labels }
  }

  get isOpen(): boolean {
    return this.part !== null
  }

  open(options: CellOptions): void {
    this.part = this.opened(this.kind, options)
  }

  /** What there is of it already, of any bounds: open, until it is released. Nothing is made. */
  there(options: CellOptions): Held | null {
    const { kind, there = (name: string) => openThere(kind, name, options) } = this.kind
    return there(this.owner.name, options)
  }

  /**
   * Moves what counts in the process to the region.
   *
   * @throws {RseqError} then what was not moved counts on where it is
   */
  move(options: CellOptions): void {
    this.part = this.moved(this.kind, this.part, options)
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
    const { name, holds } = this.owner
    const { heap, labels } = options
    return holds.add(heap === undefined ? kind.open(name, options) : heap.open(kind, name, labels))
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

/** A sum of integers, which is exact, and of fractions, in a double beside them that is made with the first one. */
export abstract class ExactSum<O extends CellOwner = CellOwner> extends Cell<PerCpuCounter, O> {
  #fractions: PerCpuSum | null = null

  constructor(owner: O, labels: Record<string, string | number>) {
    super(owner, labels, INTEGERS)
  }

  override move(options: CellOptions): void {
    super.move(options)
    this.#fractions = this.moved(FRACTIONS, this.#fractions, options)
  }

  override close(): void {
    super.close()
    this.owner.holds.end(this.#fractions)
    this.#fractions = null
  }

  override reset(): void {
    super.reset()
    this.#fractions?.reset()
  }

  protected addFraction(x: number): void {
    this.#fractions ??= this.owner.placed(this, (options) => this.opened(FRACTIONS, options))
    this.#fractions.add(x)
  }
}
