import type { Meter as ApiMeter, MeterProvider as ApiMeterProvider, MeterOptions } from '@opentelemetry/api'
import type {
  IMetricReader,
  MetricProducer,
  ResourceMetrics,
  MeterProviderOptions as SdkOptions,
} from '@opentelemetry/sdk-metrics'
import { path as paths } from '../base/builtins'
import { RseqError } from '../base/errors'
import { checkObject, numberOf, oneOf, rangeError, typeError } from '../base/validate'
import { warnOnce } from '../base/warning'
import { AGGREGATORS } from '../metrics/merged'
import { keyOf } from '../metrics/spilling'
import { AT_START, withPatience } from '../region/patience'
import { Region } from '../region/region'
import { warnIfApart } from '../region/service/apart'
import { api, sdk } from './model/peer'
import { refuseExponential } from './model/views'
import { Collector, MOST_READERS } from './read/collector'
import { Ledger, startOf } from './read/ledger'
import { memoryStore, type Store } from './read/state'
import { StateFile } from './read/state-file'
import { Meter, type MeterPlan } from './write/meter'
import { Observables } from './write/observables'

/** How the values that several processes set for the same attributes become the one that is exported. */
export type GaugeAggregation = 'average' | 'sum' | 'min' | 'max' | 'first'

/** The SDK's options, and what there is to say where processes share their metrics. */
export interface MeterProviderOptions extends SdkOptions {
  /** Where everything is counted; by default `Region.service`, and where that cannot be had, after a warning, the process. */
  readonly region?: Region
  /**
   * Which processes answer a reader: `one` of the service at a time, another one when it has ended; or `every`, each
   * with the whole. By default `every` for a `PrometheusExporter`, which a scrape reaches in any process, and `one` for
   * all others, whose receivers would get the whole from each process. Deltas are for `one` alone.
   */
  readonly export?: 'one' | 'every'
  /** How gauges of several processes become one value, `average` by default. */
  readonly gauges?: GaugeAggregation
  /**
   * How often this process publishes what its observable instruments say, in milliseconds, 1 to 10,000; 10,000 by
   * default. Beside that, each time that it collects itself.
   */
  readonly observeIntervalMillis?: number
}

/**
 * The resource that the SDK would export. Its own provider finds it, and refuses views that are none.
 *
 * @throws {Error} the SDK's
 */
function resourceOf({ resource, views }: SdkOptions): Promise<ResourceMetrics['resource']> {
  const producers: MetricProducer[] = []
  const probe = { setMetricProducer: (producer: MetricProducer) => producers.push(producer) }
  new sdk.MeterProvider({
    readers: [probe as unknown as IMetricReader],
    ...(resource && { resource }),
    ...(views && { views }),
  })
  const [producer] = producers as [MetricProducer]
  return producer.collect().then(({ resourceMetrics }) => resourceMetrics.resource)
}

function usesDeltas(reader: IMetricReader): boolean {
  const { DELTA } = sdk.AggregationTemporality
  return Object.values(sdk.InstrumentType).some((type) => reader.selectAggregationTemporality(type) === DELTA)
}

/** @throws {RangeError} */
function isForOne(reader: IMetricReader, ordinal: number, choice: MeterProviderOptions['export']): boolean {
  const isPulled = 'getMetricsRequestHandler' in reader
  if (choice === undefined) return usesDeltas(reader) || !isPulled
  if (choice === 'every' && usesDeltas(reader)) {
    throw rangeError('MeterProvider options.export', `'one', for readers[${ordinal}] takes deltas`, choice)
  }
  return choice === 'one'
}

/** Where a reader's deltas are kept: beside the region's file, to be found by the next process. */
function storeOf(region: Region, reader: number): Store {
  const owner = { region: keyOf(region), reader }
  const { path } = region
  // A memfd's path is a link of this process.
  if (path === null || path.startsWith('/proc/')) return memoryStore(owner)
  // Where it is now: a program may go to another folder.
  return new StateFile(`${paths.resolve(path)}.otel-${reader}`, owner)
}

/** A service goes on where no memory can be shared: it counts, and each process exports its own. */
function serviceRegion(): Region {
  try {
    const region = Region.service
    warnIfApart('rseq/opentelemetry', 'each process of this service exports its own metrics only')
    return region
  } catch (error) {
    if (!(error instanceof RseqError)) throw error
    const { message, code } = error
    const says = `rseq/opentelemetry: each process exports its own metrics only. ${message}`
    warnOnce('opentelemetry', () => says, code)
    return Region.process
  }
}

const LONGEST_INTERVAL = 10_000

const GAUGES = AGGREGATORS.filter((one) => one !== 'omit')

/** @throws {TypeError | RangeError} */
function gaugesOf(value: unknown): GaugeAggregation {
  const found = GAUGES.find((one) => one === value)
  if (found !== undefined) return found
  const expected = `one of ${GAUGES.join(', ')}`
  throw (typeof value === 'string' ? rangeError : typeError)('MeterProvider options.gauges', expected, value)
}

/**
 * The SDK's `MeterProvider`, over memory that all threads and processes of a service share: what a reader gets is what
 * all of them have counted, those that have died too. Instruments of the same meter, name, unit, type and attributes
 * are the same, wherever they are made.
 *
 * Measuring never throws; `diag` says what was wrong, as with the SDK.
 */
export class MeterProvider implements ApiMeterProvider {
  readonly #plan: MeterPlan
  readonly #collectors: readonly Collector[]
  readonly #meters = new Map<string, Meter>()
  #isShutDown = false

  /**
   * @throws {TypeError | RangeError} for options that are none
   * @throws {Error} the SDK's, for views that are none
   * @throws {RseqError} `ERR_RSEQ_FEATURE` for exponential histograms, `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`
   */
  constructor(options: MeterProviderOptions = {}) {
    checkObject('MeterProvider options', options)
    const { views = [], readers = [], region = serviceRegion() } = options
    if (readers.length > MOST_READERS) {
      throw rangeError('MeterProvider options.readers.length', `0 to ${MOST_READERS}`, readers.length)
    }
    for (const [i, view] of views.entries()) refuseExponential(view.aggregation, `views[${i}]`)
    for (const [i, reader] of readers.entries()) {
      for (const type of Object.values(sdk.InstrumentType)) {
        refuseExponential(reader.selectAggregation(type), `readers[${i}]`)
      }
    }
    const {
      export: choice,
      gauges: merging = 'average',
      observeIntervalMillis: interval = LONGEST_INTERVAL,
    } = options
    if (choice !== undefined) oneOf('MeterProvider options.export', choice, 'one', 'every')
    const forOne = readers.map((reader, i) => isForOne(reader, i, choice))
    const gauges = gaugesOf(merging)
    numberOf(
      'MeterProvider options.observeIntervalMillis',
      interval,
      `a number from 1 to ${LONGEST_INTERVAL}`,
      (x) => x >= 1 && x <= LONGEST_INTERVAL,
    )
    const observables = new Observables(interval)
    const resource = resourceOf(options)
    const origin = withPatience(AT_START, () => startOf(region))
    this.#plan = { region, readers, views, gauges, observables }
    this.#collectors = readers.map((reader, i) => {
      const ledger = withPatience(AT_START, () => new Ledger(storeOf(region, i), region, i, origin))
      const source = { region, origin, resource, observables }
      return new Collector(source, reader, i, ledger, forOne[i] === true)
    })
    for (const collector of this.#collectors) {
      const { reader } = collector
      reader.setMetricProducer(collector)
      if (options.sdkMetricsEnabled && reader instanceof sdk.MetricReader) {
        reader._setSelfObsMeterProvider(this)
      }
    }
  }

  /** The meter of that name, version and schema: the same one each time. */
  getMeter(name: string, version = '', { schemaUrl }: MeterOptions = {}): ApiMeter {
    if (this.#isShutDown) {
      api.diag.warn('MeterProvider.getMeter: it was shut down')
      return api.createNoopMeter()
    }
    const key = JSON.stringify([name, version, schemaUrl])
    const meter = this.#meters.get(key) ?? new Meter({ name, version, schemaUrl }, this.#plan)
    this.#meters.set(key, meter)
    return meter
  }

  /**
   * Publishes what observable instruments say, and has every reader export what it has not yet.
   *
   * @throws what a reader does
   */
  async forceFlush(options?: Parameters<IMetricReader['forceFlush']>[0]): Promise<void> {
    if (this.#isShutDown) {
      api.diag.warn('MeterProvider.forceFlush: it was shut down')
      return
    }
    await this.#everywhere(options?.timeoutMillis, (reader) => reader.forceFlush(options))
  }

  /**
   * The same for the last time, and leaves export to another process. Instruments go on counting for that one.
   *
   * @throws what a reader does
   */
  async shutdown(options?: Parameters<IMetricReader['shutdown']>[0]): Promise<void> {
    if (this.#isShutDown) {
      api.diag.warn('MeterProvider.shutdown: it was shut down before')
      return
    }
    this.#isShutDown = true
    try {
      await this.#everywhere(options?.timeoutMillis, (reader) => reader.shutdown(options))
    } finally {
      this.#plan.observables.stop()
      for (const collector of this.#collectors) collector.leave()
    }
  }

  async #everywhere(
    patience: number | undefined,
    flush: (reader: IMetricReader) => Promise<void>,
  ): Promise<void> {
    const errors = await this.#plan.observables.observe(patience)
    if (errors.length > 0) api.diag.error('observable callbacks failed:', ...errors)
    await Promise.all(this.#collectors.map((collector) => collector.flush(flush)))
  }
}
