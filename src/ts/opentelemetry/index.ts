export type { PreemptionMetrics, PreemptionMetricsOptions } from '../preemption/metrics'
// The module itself: a default import is what require() gives, whatever compiles it.
export * as default from './index'
export { observePreemption } from './preemption'
export { type GaugeAggregation, MeterProvider, type MeterProviderOptions } from './provider'
