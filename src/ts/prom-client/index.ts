/**
 * prom-client for a whole service: the same names and calls, counting in memory that all its threads and processes
 * share. docs/integrations/prom-client.md says where it differs.
 */
import type * as PromClient from 'prom-client'
import { AggregatorRegistry as SharedAggregatorRegistry } from './aggregator-registry'
import { collectDefaultMetrics as collectDefaults } from './info'
import { Counter as SharedCounter } from './metrics/counter'
import { Gauge as SharedGauge } from './metrics/gauge'
import { Histogram as SharedHistogram } from './metrics/histogram'
import { prom } from './peer'
import { Registry as SharedRegistry, register as sharedRegister } from './registry'

// Types are prom-client's own, so that code need not tell them apart.
export type {
  Aggregator,
  Charset,
  Collector,
  DefaultMetricsCollectorConfiguration,
  IncreaseDataWithExemplar,
  Metric,
  MetricType,
  ObserveDataWithExemplar,
  OpenMetricsContentType,
  OpenMetricsMIME,
  OpenMetricsVersion,
  PrometheusContentType,
  PrometheusMetricsVersion,
  PrometheusMIME,
  RegistryContentType,
  SummaryConfiguration,
} from 'prom-client'

/** What this package has beside prom-client's options. */
export interface SeriesOptions {
  /**
   * How many sets of labels the metric may have, an integer from 1; any number by default. Further ones are counted together
   * in one, whose only label is `overflow="true"`, and a warning with the code `RSEQ_MAX_SERIES` says so once. Sets that are
   * there already, whoever has made them, keep their own.
   */
  maxSeries?: number
}
/** What a {@link Counter} takes. */
export interface CounterConfiguration<T extends string>
  extends PromClient.CounterConfiguration<T>,
    SeriesOptions {}
/** What a {@link Gauge} takes. */
export interface GaugeConfiguration<T extends string>
  extends PromClient.GaugeConfiguration<T>,
    SeriesOptions {}
/** What a {@link Histogram} takes. */
export interface HistogramConfiguration<T extends string>
  extends PromClient.HistogramConfiguration<T>,
    SeriesOptions {}

export type Counter<T extends string = string> = PromClient.Counter<T>
export declare namespace Counter {
  export type Internal = PromClient.Counter.Internal
}
/**
 * prom-client's `Counter`, counting for the whole service: what is shown is the sum over all threads and processes.
 * Integers are exact; fractions are doubles. With `enableExemplars`, or an aggregator other than `sum`, it is of each
 * process alone.
 */
export const Counter: {
  /**
   * @throws {TypeError | RangeError} for a `maxSeries` that is none
   * @throws {Error} as prom-client's
   */
  new <T extends string = string>(configuration: CounterConfiguration<T>): Counter<T>
  /** As a class has it. */
  readonly prototype: Counter
} = SharedCounter

export type Gauge<T extends string = string> = PromClient.Gauge<T>
export declare namespace Gauge {
  export type Internal<T extends string> = PromClient.Gauge.Internal<T>
}
/**
 * prom-client's `Gauge`. Each process has a value of its own, which all its threads set; what is shown is what
 * `aggregator` makes of those of all living processes.
 */
export const Gauge: {
  /**
   * @throws {TypeError | RangeError} for a `maxSeries` that is none
   * @throws {Error} as prom-client's
   */
  new <T extends string = string>(configuration: GaugeConfiguration<T>): Gauge<T>
  /** As a class has it. */
  readonly prototype: Gauge
} = SharedGauge

export type Histogram<T extends string = string> = PromClient.Histogram<T>
export declare namespace Histogram {
  export type Internal<T extends string> = PromClient.Histogram.Internal<T>
  export type Config = PromClient.Histogram.Config
}
/**
 * prom-client's `Histogram`, counting for the whole service. With `enableExemplars`, an aggregator other than `sum`, or
 * bounds that are not increasing finite numbers, it is of each process alone.
 */
export const Histogram: {
  /**
   * @throws {TypeError | RangeError} for a `maxSeries` that is none
   * @throws {Error} as prom-client's
   */
  new <T extends string = string>(configuration: HistogramConfiguration<T>): Histogram<T>
  /** As a class has it. */
  readonly prototype: Histogram
} = SharedHistogram as never

export type Summary<T extends string = string> = PromClient.Summary<T>
export declare namespace Summary {
  export type Internal<T extends string> = PromClient.Summary.Internal<T>
  export type Config = PromClient.Summary.Config
}
/** prom-client's own: quantiles of several processes cannot be put together. */
export const Summary: typeof PromClient.Summary = prom.Summary

export type Registry<T extends PromClient.RegistryContentType = PromClient.PrometheusContentType> =
  PromClient.Registry<T>
/** prom-client's `Registry`, whose page is that of the whole service. */
export const Registry: typeof PromClient.Registry = SharedRegistry as unknown as typeof PromClient.Registry

export type AggregatorRegistry<T extends PromClient.RegistryContentType> = PromClient.AggregatorRegistry<T>
/** For code that has it: any registry's page is that of the whole service, in any process. No worker is asked. */
export const AggregatorRegistry: typeof PromClient.AggregatorRegistry =
  SharedAggregatorRegistry as unknown as typeof PromClient.AggregatorRegistry

/** prom-client's own global registry, with the page of the whole service. */
export const register: PromClient.Registry = sharedRegister as unknown as PromClient.Registry

export type Pushgateway<T extends PromClient.RegistryContentType> = PromClient.Pushgateway<T>
export declare namespace Pushgateway {
  export type Parameters = PromClient.Pushgateway.Parameters
}
/** prom-client's own. One process pushes for all: the page is that of the whole service. */
export const Pushgateway: typeof PromClient.Pushgateway = prom.Pushgateway

/**
 * prom-client's own, and `rseq_info` ({@link collectRseqInfo}). Each process's are on the page, as their aggregators say, at
 * most ten seconds old.
 */
export const collectDefaultMetrics: typeof PromClient.collectDefaultMetrics = collectDefaults

/** prom-client's own: `count` upper bounds, `width` apart, from `start`. */
export const linearBuckets: typeof PromClient.linearBuckets = prom.linearBuckets
/** prom-client's own: `count` upper bounds from `start`, each `factor` times the one before. */
export const exponentialBuckets: typeof PromClient.exponentialBuckets = prom.exponentialBuckets
/** Of the text format. */
export const prometheusContentType: typeof PromClient.prometheusContentType = prom.prometheusContentType
/** Of OpenMetrics. */
export const openMetricsContentType: typeof PromClient.openMetricsContentType = prom.openMetricsContentType

/** Whether Prometheus takes a metric of that name. */
export const validateMetricName: typeof PromClient.validateMetricName = prom.validateMetricName
const { aggregators: all } = prom as unknown as { aggregators: Record<PromClient.Aggregator, unknown> }
/** How the values of several processes become one, by name. */
export const aggregators: Readonly<Record<PromClient.Aggregator, unknown>> = all

export type { PreemptionMetrics } from '../preemption/metrics'
export {
  type MetricsHandlerOptions,
  type MetricsRequest,
  type MetricsResponse,
  type MetricsSource,
  metricsHandler,
} from './handler'
export { collectRseqInfo, type RseqInfoOptions } from './info'
export { collectPreemptionMetrics, type PreemptionMetricsOptions } from './preemption'
export { setRegion } from './series/current-region'

/** The global registry's content type; it can be set, as prom-client's can. */
export declare let contentType: PromClient.RegistryContentType
Object.defineProperty(exports, 'contentType', {
  configurable: false,
  enumerable: true,
  get: () => register.contentType,
  set: (value) => register.setContentType(value),
})

// The module itself: a default import is what require() gives, whatever compiles it.
export * as default from './index'
