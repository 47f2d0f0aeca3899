export { PerCpuBatch } from './batch'
export type { StripeIndex } from './cells'
export { PerCpuCounter } from './counter'
export { type CpuLocation, cpuId, getcpu, mmCid, nodeId, schedGetcpu } from './cpu'
export type { NamedOptions, PerCpuHandle, PerCpuOptions } from './entries'
export { RseqError, type RseqErrorCode } from './errors'
export { PerCpuHistogram } from './histogram'
export type { HistogramBucket } from './histogram-look'
export type { HistogramOptions, NamedHistogramOptions } from './histogram-opening'
export { type HistogramJSON, HistogramReading, HistogramSnapshot } from './histogram-reading'
export type { HistogramShapeOptions } from './histogram-shape'
// The module itself: a default import is what require() gives, whatever compiles it.
export * as default from './index'
export {
  type DiscardedSamples,
  type MeasureOptions,
  measureUninterrupted,
  type UninterruptedSamples,
} from './measure-uninterrupted'
export type { PerCpuCell } from './opening'
export { PerCpuPool, type SlotOwner } from './pool'
export type { PerCpuPoolHandle, SlotView } from './pool-memory'
export type { NamedPoolOptions, PoolOptions } from './pool-opening'
export type { PoolSlot } from './pool-slot'
export { PreemptionProbe, type PreemptionState } from './preemption'
export {
  monitorPreemption,
  type PreemptionMonitor,
  type PreemptionMonitorOptions,
} from './preemption-monitor'
export { Region } from './region'
export type {
  RegionAttachOptions,
  RegionCreateOptions,
  RegionEntry,
  RegionProcess,
  RegionUsage,
} from './region-info'
export { PerCpuRing, type RingLost } from './ring'
export type { RingAbortSignal, RingRecordsOptions } from './ring-iterator'
export type { NamedRingOptions, RingOptions } from './ring-opening'
export type { RingItem, RingRecord } from './ring-record'
export type { RingMode, RingShapeOptions } from './ring-shape'
export type { SharedBytes } from './shared-bytes'
export {
  type FastCallsReason,
  type Reason,
  type Registration,
  register,
  type Status,
  status,
  unregister,
} from './status'
export { PerCpuSum } from './sum'
