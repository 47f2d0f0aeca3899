import type {
  Meter as ApiMeter,
  BatchObservableCallback,
  Counter,
  Gauge,
  Histogram,
  MetricOptions,
  Observable,
  UpDownCounter,
} from '@opentelemetry/api'
import type { IMetricReader, InstrumentType, ViewOptions } from '@opentelemetry/sdk-metrics'
import { type Aggregator, grouped } from '../../metrics/merged'
import type { Region } from '../../region/region'
import { api, sdk } from '../model/peer'
import { identityOf } from '../model/stream'
import {
  type Aggregation,
  aggregationOf,
  checkMetricName,
  type InstrumentDescriptor,
  isSelected,
  type MeterScope,
} from '../model/views'
import {
  CounterInstrument,
  GaugeInstrument,
  HistogramInstrument,
  UpDownCounterInstrument,
} from './instruments'
import { ObservableInstrument, type Observables } from './observables'
import { Storage } from './storage'

/** What all meters of a provider have in common. */
export interface MeterPlan {
  readonly region: Region
  readonly readers: readonly IMetricReader[]
  readonly views: readonly ViewOptions[]
  readonly gauges: Aggregator
  readonly observables: Observables
}

const DEFAULT_LIMIT = 2000

/** Makes instruments. What they are called decides which cells they share, in all threads and processes. */
export class Meter implements ApiMeter {
  readonly #scope: MeterScope
  readonly #plan: MeterPlan
  readonly #storages = new Map<string, Storage>()

  constructor(scope: MeterScope, plan: MeterPlan) {
    this.#scope = scope
    this.#plan = plan
  }

  createCounter(name: string, options?: MetricOptions): Counter {
    return new CounterInstrument(...this.#instrument(name, sdk.InstrumentType.COUNTER, options))
  }

  createUpDownCounter(name: string, options?: MetricOptions): UpDownCounter {
    return new UpDownCounterInstrument(...this.#instrument(name, sdk.InstrumentType.UP_DOWN_COUNTER, options))
  }

  createHistogram(name: string, options?: MetricOptions): Histogram {
    return new HistogramInstrument(...this.#instrument(name, sdk.InstrumentType.HISTOGRAM, options))
  }

  createGauge(name: string, options?: MetricOptions): Gauge {
    return new GaugeInstrument(...this.#instrument(name, sdk.InstrumentType.GAUGE, options))
  }

  createObservableCounter(name: string, options?: MetricOptions): Observable {
    return this.#observable(name, sdk.InstrumentType.OBSERVABLE_COUNTER, options)
  }

  createObservableUpDownCounter(name: string, options?: MetricOptions): Observable {
    return this.#observable(name, sdk.InstrumentType.OBSERVABLE_UP_DOWN_COUNTER, options)
  }

  createObservableGauge(name: string, options?: MetricOptions): Observable {
    return this.#observable(name, sdk.InstrumentType.OBSERVABLE_GAUGE, options)
  }

  addBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    const { observables: all } = this.#plan
    const batch = all.batch(callback, observables)
    if (batch.instruments.length > 0) all.add(batch)
    else api.diag.error('addBatchObservableCallback: expected observables of this provider')
  }

  removeBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    const { observables: all } = this.#plan
    all.remove(all.batch(callback, observables))
  }

  #observable(name: string, type: InstrumentType, options: MetricOptions | undefined): Observable {
    const made = this.#instrument(name, type, options)
    return new ObservableInstrument(...made, this.#plan.observables)
  }

  #instrument(
    name: string,
    type: InstrumentType,
    options: MetricOptions = {},
  ): [InstrumentDescriptor, Storage[]] {
    const { description = '', unit = '', valueType = api.ValueType.DOUBLE, advice = {} } = options
    const descriptor = { name: checkMetricName(name), type, description, unit, valueType, advice }
    const views = this.#plan.views.filter((view) => isSelected(view, descriptor, this.#scope))
    const storages =
      views.length > 0 ? views.map((view) => this.#viewed(view, descriptor)) : this.#byReaders(descriptor)
    return [descriptor, [...new Set(storages.filter((storage) => storage !== null))]]
  }

  #viewed(view: ViewOptions, instrument: InstrumentDescriptor): Storage | null {
    const { name = instrument.name, description = instrument.description } = view
    const descriptor = { ...instrument, name, description }
    const aggregation = aggregationOf(view.aggregation, descriptor)
    return aggregation && this.#storage(descriptor, aggregation, null, view)
  }

  /** Without a view the readers say how; mostly they agree, and share one stream. */
  #byReaders(descriptor: InstrumentDescriptor): (Storage | null)[] {
    const { readers } = this.#plan
    const wanted = readers.map((reader) => reader.selectAggregation(descriptor.type))
    // Without readers, too: other processes may have some.
    const options = wanted.length === 0 ? [undefined] : wanted
    const all = options.map((option, ordinal) => ({
      ordinal,
      aggregation: aggregationOf(option, descriptor),
    }))
    const chosen = grouped(all, ({ aggregation }) => JSON.stringify(aggregation))
    return chosen.map((same) => {
      const [{ aggregation }] = same
      const ordinals = chosen.length === 1 ? null : same.map(({ ordinal }) => ordinal)
      return aggregation && this.#storage(descriptor, aggregation, ordinals)
    })
  }

  #storage(
    descriptor: InstrumentDescriptor,
    aggregation: Aggregation,
    readers: readonly number[] | null,
    view?: ViewOptions,
  ): Storage {
    const { region, gauges } = this.#plan
    const stream = identityOf(this.#scope, descriptor, aggregation, readers)
    const known = this.#storages.get(stream.text)
    if (known !== undefined) return known
    this.#warnOfOthers(descriptor, readers)
    const { description } = descriptor
    const limit = view ? view.aggregationCardinalityLimit : this.#limitOf(descriptor.type)
    const storage = new Storage(
      { stream, description, aggregation, region, gauges },
      view?.attributesProcessors ?? [],
      limit ?? DEFAULT_LIMIT,
    )
    this.#storages.set(stream.text, storage)
    return storage
  }

  #limitOf(type: InstrumentType): number | undefined {
    const limits = this.#plan.readers.map((reader) => reader.selectCardinalityLimit?.(type) ?? DEFAULT_LIMIT)
    return limits.length === 0 ? undefined : Math.max(...limits)
  }

  #warnOfOthers({ name }: InstrumentDescriptor, readers: readonly number[] | null): void {
    const isTaken = [...this.#storages.values()].some(({ plan: { stream } }) => {
      const isOfOthers = readers !== null && stream.readers?.some((one) => readers.includes(one)) === false
      return stream.name.toLowerCase() === name.toLowerCase() && !isOfOthers
    })
    if (!isTaken) return
    api.diag.warn(
      `${name}: it was registered before with another type, unit or aggregation; both are exported`,
    )
  }
}
