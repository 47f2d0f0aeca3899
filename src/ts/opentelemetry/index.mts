// The ES module entry: the same instances as require('rseq/opentelemetry') gives.
import { entry, error } from './attempt.js'
import type { MeterProvider as Provider } from './index.js'

export type {
  GaugeAggregation,
  MeterProviderOptions,
  PreemptionMetrics,
  PreemptionMetricsOptions,
} from './index.js'

if (entry === null) throw error

export const { MeterProvider, observePreemption } = entry
export type MeterProvider = Provider
export default entry
