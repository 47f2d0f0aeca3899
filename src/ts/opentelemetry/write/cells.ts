import { PerCpuCounter } from '../../counter/counter'
import { PerCpuSum } from '../../counter/sum'
import { PerCpuHistogram } from '../../histogram/histogram'
import type { NamedHistogramOptions } from '../../histogram/opening'
import { AGGREGATORS, type Aggregator, PART_LABEL, SCOPE_LABEL } from '../../metrics/families'
import { Gauge } from '../../metrics/gauge'
import { pourFractions, pourIntegers, pourSamples, pourValue } from '../../metrics/pouring'
import type { Region } from '../../region/region'
import type { Labels } from '../model/attributes'
import { api, sdk } from '../model/peer'
import { regionName, type StreamIdentity } from '../model/stream'
import type { Aggregation } from '../model/views'
import { type Named, type Open, Placed } from './placed'

/** Where the measurements of one stream with one set of attributes go. */
export interface Cell {
  write(x: number): void
  /** What was observed is observed no more. */
  retire(): void
}

/** Takes everything and keeps nothing. */
export const NO_CELL: Cell = { write() {}, retire() {} }

/** How a stream's cells are made. */
export interface CellPlan {
  readonly stream: StreamIdentity
  readonly description: string
  readonly aggregation: Aggregation
  readonly region: Region
  /** How the last values of several processes become one. */
  readonly gauges: Aggregator
}

function named({ stream, description, region }: CellPlan, labels: Labels): Named {
  const options = {
    region,
    labels: { ...labels, [SCOPE_LABEL]: stream.text },
    help: description.toWellFormed(),
    unit: stream.unit.toWellFormed(),
  }
  return { name: regionName(stream), options }
}

/** Integers exactly; other numbers in a sum beside it, which is made when there is one. */
class SumCell extends Placed implements Cell {
  #counter: PerCpuCounter
  #fractions: PerCpuSum | null = null

  constructor(named: Named) {
    super(named)
    this.#counter = this.placed(this.#openCounter)
  }

  write(x: number): void {
    if (Number.isSafeInteger(x)) this.#counter.add(x)
    else this.#addFraction(x)
  }

  #addFraction(x: number): void {
    if (!Number.isFinite(x)) {
      const { name } = this.named
      api.diag.warn(`${name}: expected a finite number, received ${x}; a sum would never be a number again`)
      return
    }
    this.#fractions ??= this.placed(this.#openFractions)
    this.#fractions.add(x)
  }

  retire(): void {}

  protected override move(): void {
    this.#counter = this.moved(this.#counter, this.#openCounter, pourIntegers) as PerCpuCounter
    this.#fractions = this.moved(this.#fractions, this.#openFractions, pourFractions)
  }

  get #openCounter(): Open<PerCpuCounter> {
    return (options) => PerCpuCounter.named(this.named.name, options)
  }

  get #openFractions(): Open<PerCpuSum> {
    return (options) => {
      const labels = { ...options.labels, [PART_LABEL]: 'fraction' }
      return PerCpuSum.named(this.named.name, { ...options, labels })
    }
  }
}

/** What an observable counter says is what its process has counted: the sum over processes grows by as much. */
class RisingCell implements Cell {
  readonly #name: string
  readonly #sum: SumCell
  #last = 0

  constructor(named: Named) {
    this.#name = named.name
    this.#sum = new SumCell(named)
  }

  write(x: number): void {
    if (!(x >= 0 && x <= Number.MAX_VALUE)) {
      api.diag.warn(`${this.#name}: expected a finite number, at least 0, received ${x}`)
      return
    }
    // Less than before: whatever counts began anew.
    this.#sum.write(x >= this.#last ? x - this.#last : x)
    this.#last = x
  }

  retire(): void {}
}

/** This process's last value, as long as it lives. */
class GaugeCell extends Placed implements Cell {
  readonly #code: number
  #gauge: Gauge | null = null

  constructor(named: Named, aggregator: Aggregator) {
    super(named)
    this.#code = AGGREGATORS.indexOf(aggregator)
  }

  write(x: number): void {
    this.#gauge ??= this.placed(this.#open)
    this.#gauge.set(x)
  }

  retire(): void {
    this.#gauge?.close()
    this.#gauge = null
  }

  protected override move(): void {
    this.#gauge = this.moved(this.#gauge, this.#open, pourValue)
  }

  get #open(): Open<Gauge> {
    return (options) => Gauge.named(this.named.name, options, this.#code)
  }
}

class HistogramCell extends Placed implements Cell {
  readonly #buckets: readonly number[]
  #histogram: PerCpuHistogram

  constructor(named: Named, boundaries: readonly number[]) {
    super(named)
    // A region's histogram has a bound. Where none was wanted, its two buckets are shown as one.
    this.#buckets = boundaries.length === 0 ? [0] : boundaries
    this.#histogram = this.placed(this.#open)
  }

  write(x: number): void {
    if (Number.isFinite(x)) this.#histogram.record(x)
    else if (!Number.isNaN(x)) api.diag.warn(`${this.named.name}: expected a finite number, received ${x}`)
  }

  retire(): void {}

  protected override move(): void {
    this.#histogram = this.moved(this.#histogram, this.#open, pourSamples) as PerCpuHistogram
  }

  get #open(): Open<PerCpuHistogram> {
    const buckets = this.#buckets
    return ({ region, labels, help, unit }) => {
      const all = { region, labels, help, unit, buckets } as NamedHistogramOptions
      return PerCpuHistogram.named(this.named.name, all)
    }
  }
}

function made(plan: CellPlan, labels: Labels): Cell {
  const { InstrumentType } = sdk
  const { kind, type } = plan.stream
  const where = named(plan, labels)
  if (kind === 'histogram') return new HistogramCell(where, plan.aggregation.boundaries)
  if (kind === 'last') return new GaugeCell(where, plan.gauges)
  if (type === InstrumentType.OBSERVABLE_COUNTER) return new RisingCell(where)
  const isLevel =
    type === InstrumentType.OBSERVABLE_UP_DOWN_COUNTER || type === InstrumentType.OBSERVABLE_GAUGE
  return isLevel ? new GaugeCell(where, 'sum') : new SumCell(where)
}

/** Never throws: where the region has no room, or the texts are too long, it says so and what is measured is lost. */
export function makeCell(plan: CellPlan, labels: Labels): Cell {
  try {
    return made(plan, labels)
  } catch (error) {
    api.diag.error(`${plan.stream.name}: measurements with these attributes are lost`, labels, error)
    return NO_CELL
  }
}
