// The ES module entry: the same instances as require('rseq/prom-client') gives.
// First: see there.
import './installed.mjs'
import { register as registry } from './index.js'

export type {
  Aggregator,
  Charset,
  Collector,
  CounterConfiguration,
  DefaultMetricsCollectorConfiguration,
  GaugeConfiguration,
  HistogramConfiguration,
  IncreaseDataWithExemplar,
  Metric,
  MetricsHandlerOptions,
  MetricsRequest,
  MetricsResponse,
  MetricsSource,
  MetricType,
  ObserveDataWithExemplar,
  OpenMetricsContentType,
  OpenMetricsMIME,
  OpenMetricsVersion,
  PreemptionMetrics,
  PreemptionMetricsOptions,
  PrometheusContentType,
  PrometheusMetricsVersion,
  PrometheusMIME,
  RegistryContentType,
  RseqInfoOptions,
  SeriesOptions,
  SummaryConfiguration,
} from './index.js'
export {
  AggregatorRegistry,
  aggregators,
  Counter,
  collectDefaultMetrics,
  collectPreemptionMetrics,
  collectRseqInfo,
  default,
  exponentialBuckets,
  Gauge,
  Histogram,
  linearBuckets,
  metricsHandler,
  openMetricsContentType,
  Pushgateway,
  prometheusContentType,
  Registry,
  register,
  Summary,
  setRegion,
  validateMetricName,
} from './index.js'

/** The global registry's content type at the time of the import, as prom-client's own export is. */
export const { contentType } = registry
