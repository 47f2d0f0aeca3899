export { type GaugeAggregation, MeterProvider, type MeterProviderOptions } from './provider'
