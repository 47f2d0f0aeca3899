// The ES module entry: the same instances as require('rseq') gives, so that both see one state per thread.
export type {
  CpuLocation,
  PerCpuHandle,
  PerCpuOptions,
  Reason,
  Registration,
  RseqErrorCode,
  Status,
  StripeIndex,
} from './index.js'
export {
  cpuId,
  getcpu,
  mmCid,
  nodeId,
  PerCpuBatch,
  PerCpuCounter,
  PerCpuSum,
  RseqError,
  register,
  schedGetcpu,
  status,
  unregister,
} from './index.js'
