export type { PreemptionMetrics } from '../turn-metrics'
export { observePreemption, type PreemptionMetricsOptions } from './preemption'
export { type GaugeAggregation, MeterProvider, type MeterProviderOptions } from './provider'
