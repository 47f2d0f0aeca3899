export { RseqError, type RseqErrorCode } from './base/errors'
export type { RegionProcess, StripeIndex } from './contract/backend'
export type { HistogramShapeOptions } from './contract/buckets'
export type { RingMode, RingShapeOptions } from './contract/ring-shape'
export { PerCpuBatch } from './counter/batch'
export { PerCpuCounter } from './counter/counter'
export { PerCpuSum } from './counter/sum'
export { PerCpuHistogram } from './histogram/histogram'
export type { HistogramOptions, NamedHistogramOptions } from './histogram/opening'
export { type HistogramJSON, HistogramReading, HistogramSnapshot } from './histogram/reading'
export type { HistogramBucket } from './histogram/summary'
// The module itself: a default import is what require() gives, whatever compiles it.
export * as default from './index'
export type { PerCpuPoolHandle, SlotView } from './pool/memory'
export type { NamedPoolOptions, PoolOptions } from './pool/opening'
export type { SlotOwner } from './pool/owner'
export { PerCpuPool } from './pool/pool'
export type { SharedBytes } from './pool/shared-bytes'
export type { PoolSlot } from './pool/slot'
export {
  type DiscardedSamples,
  type MeasureOptions,
  measureUninterrupted,
  type UninterruptedSamples,
} from './preemption/measure'
export {
  monitorPreemption,
  type PreemptionMonitor,
  type PreemptionMonitorOptions,
} from './preemption/monitor'
export { PreemptionProbe, type PreemptionState } from './preemption/probe'
export type { NamedOptions, PerCpuHandle, PerCpuOptions } from './region/entries'
export type {
  RegionAttachOptions,
  RegionCreateOptions,
  RegionEntry,
  RegionUsage,
} from './region/info'
export type { PerCpuCell } from './region/opening'
export { Region } from './region/region'
export type { RingAbortSignal, RingRecordsOptions } from './ring/iterator'
export type { NamedRingOptions, RingOptions } from './ring/opening'
export type { RingItem, RingRecord } from './ring/record'
export { PerCpuRing, type RingLost } from './ring/ring'
export { type CpuLocation, cpuId, getcpu, mmCid, nodeId, schedGetcpu } from './thread/cpu'
export {
  type FastCallsReason,
  type Reason,
  type Registration,
  register,
  type Status,
  status,
  unregister,
} from './thread/status'
