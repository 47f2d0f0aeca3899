import type { PerCpuCounter } from '../../counter/counter'
import type { PerCpuHistogram } from '../../histogram/histogram'
import { Cell, type CellOwner, ExactSum, gaugeKind, histogramKind } from '../../metrics/cell'
import type { Gauge } from '../../metrics/gauge'
import { AGGREGATORS, type Aggregator } from '../../metrics/merged'
import type { Labels } from '../model/attributes'
import { api, sdk } from '../model/peer'
import type { StreamHome } from './home'

/** Where the measurements of one stream with one set of attributes go. */
export interface Sink {
  write(x: number): void
  /** What was observed is observed no more: only what is of a process says so. */
  retire?(): void
}

/** Takes everything and keeps nothing. */
export const NOWHERE: Sink = { write() {} }

class SumSink extends ExactSum implements Sink {
  constructor(owner: CellOwner, labels: Labels) {
    super(owner, labels)
    owner.placed(this, (options) => this.open(options))
  }

  write(x: number): void {
    if (Number.isSafeInteger(x)) (this.part as PerCpuCounter).add(x)
    else if (Number.isFinite(x)) this.addFraction(x)
    else {
      const { name } = this.owner
      api.diag.warn(`${name}: expected a finite number, received ${x}; a sum would never be a number again`)
    }
  }
}

/** What an observable counter says is what its process has counted: the sum over processes grows by as much. */
class RisingSink extends SumSink {
  #last = 0

  override write(x: number): void {
    if (!(x >= 0 && x <= Number.MAX_VALUE)) {
      api.diag.warn(`${this.owner.name}: expected a finite number, at least 0, received ${x}`)
      return
    }
    // Less than before: whatever counts began anew.
    super.write(x >= this.#last ? x - this.#last : x)
    this.#last = x
  }
}

/** This process's last value, as long as it lives. */
class GaugeSink extends Cell<Gauge> implements Sink {
  constructor(owner: CellOwner, labels: Labels, aggregator: Aggregator) {
    super(owner, labels, gaugeKind(AGGREGATORS.indexOf(aggregator)))
  }

  write(x: number): void {
    if (this.part === null) this.owner.placed(this, (options) => this.open(options))
    this.part?.set(x)
  }

  retire(): void {
    this.close()
  }
}

class HistogramSink extends Cell<PerCpuHistogram> implements Sink {
  constructor(owner: CellOwner, labels: Labels, boundaries: readonly number[]) {
    // A region's histogram has a bound. If none was wanted, its two buckets are shown as one.
    super(owner, labels, histogramKind(boundaries.length === 0 ? [0] : boundaries))
    owner.placed(this, (options) => this.open(options))
  }

  write(x: number): void {
    if (Number.isFinite(x)) (this.part as PerCpuHistogram).record(x)
    else if (!Number.isNaN(x)) api.diag.warn(`${this.owner.name}: expected a finite number, received ${x}`)
  }
}

function made(home: StreamHome, labels: Labels): Sink {
  const { InstrumentType } = sdk
  const { stream, aggregation, gauges } = home.plan
  const { kind, type } = stream
  if (kind === 'histogram') return new HistogramSink(home, labels, aggregation.boundaries)
  if (kind === 'last') return new GaugeSink(home, labels, gauges)
  if (type === InstrumentType.OBSERVABLE_COUNTER) return new RisingSink(home, labels)
  const isLevel =
    type === InstrumentType.OBSERVABLE_UP_DOWN_COUNTER || type === InstrumentType.OBSERVABLE_GAUGE
  return isLevel ? new GaugeSink(home, labels, 'sum') : new SumSink(home, labels)
}

/** Never throws: where the region has no room, or the texts are too long, it says so and what is measured is lost. */
export function sinkOf(home: StreamHome, labels: Labels): Sink {
  try {
    return made(home, labels)
  } catch (error) {
    api.diag.error(`${home.plan.stream.name}: measurements with these attributes are lost`, labels, error)
    return NOWHERE
  }
}
