import { markAsUntransferable } from 'node:worker_threads'
import { RseqError } from './errors'
import { loaded } from './native'

/*
 * Words of the thread's rseq area (include/uapi/linux/rseq.h). The typed array over it never leaves this
 * module: transferred, it would outlive the thread; written to, it would corrupt it.
 */
const CPU_ID = 1
const NODE_ID = 5
const MM_CID = 6
const AREA_WORDS = 7

const { addon } = loaded

/** Stands in where there is no area, or none yet: its ids are negative, as those of no live area are. */
const parked = new Int32Array(AREA_WORDS).fill(-1)

/** The live area of this thread. Shorter than AREA_WORDS where the kernel has not all of the fields. */
let area = parked
let settled = false
/** node_id was held against getcpu and agreed. */
let nodeIdLive = false

/**
 * Finds this thread's area, registering one of its own where libc has none: once, on the first call that
 * wants it.
 */
export function settle(): void {
  if (settled || addon === null) return
  settled = true
  const buffer = addon.areaView()
  if (buffer === undefined) return
  markAsUntransferable(buffer)
  area = new Int32Array(buffer)
  nodeIdLive = addon.status().nodeId
}

/** This thread reads its area without a native call. */
export function hasView(): boolean {
  settle()
  return area !== parked
}

/** Settles anew: with the thread registered, or with nothing to read. */
export function setRegistered(registered: boolean): void {
  if (addon === null) return
  area = parked
  nodeIdLive = false
  settled = false
  if (registered) addon.register()
  else addon.unregister()
  settle()
}

/**
 * The number of the CPU that the calling thread runs on, 0 ≤ n < `status().cpus.possible`.
 *
 * One load from the thread's rseq area, no call; without rseq, libc's `sched_getcpu` (vDSO where there is
 * one), and last the getcpu system call. The thread may have moved by the time this returns.
 *
 * @throws {RseqError} `ERR_RSEQ_NO_CPU` where nothing can tell: no addon, or every way is denied
 * @see rseq(2), sched_getcpu(3)
 */
export function cpuId(): number {
  const cpu = area[CPU_ID] as number
  return cpu >= 0 ? cpu : cpuIdWithoutArea()
}

function cpuIdWithoutArea(): number {
  if (!settled) {
    settle()
    const cpu = area[CPU_ID] as number
    if (cpu >= 0) return cpu
  }
  const cpu = addon === null ? -1 : addon.schedGetcpu()
  return cpu >= 0 ? cpu : getcpu().cpu
}

/**
 * The concurrency id of the calling thread: distinct among the threads of this process that run at this
 * moment, below `status().cpus.possible`, and low where few threads run. It can change at every context
 * switch and is reused: it names a slot, never a thread. Nothing outside the process may be indexed by it.
 *
 * One load from the thread's rseq area, no call.
 *
 * @throws {RseqError} `ERR_RSEQ_FEATURE` where the thread has no rseq area or the kernel no mm_cid (before 6.3)
 */
export function mmCid(): number {
  // An area too short for the field gives undefined, which fails the comparison as a negative id does.
  const id = area[MM_CID] as number
  return id >= 0 ? id : mmCidWithoutArea()
}

function mmCidWithoutArea(): number {
  settle()
  const id = area[MM_CID] as number
  if (id >= 0) return id
  throw new RseqError(
    'ERR_RSEQ_FEATURE',
    'mmCid: this thread has no rseq area with an mm_cid field (Linux 6.3 and later); status().message says more',
  )
}

/**
 * The NUMA node of the CPU that the calling thread runs on.
 *
 * One load from the thread's rseq area (Linux 6.3 and later), else the getcpu system call.
 *
 * @throws {RseqError} `ERR_RSEQ_NO_CPU` where nothing can tell
 */
export function nodeId(): number {
  const node = area[NODE_ID] as number
  return node >= 0 && nodeIdLive ? node : nodeIdWithoutArea()
}

function nodeIdWithoutArea(): number {
  settle()
  const node = area[NODE_ID] as number
  return node >= 0 && nodeIdLive ? node : getcpu().node
}

/**
 * libc's own `sched_getcpu()`, always through a native call: what {@link cpuId} is to be compared with.
 *
 * @throws {RseqError} `ERR_RSEQ_NO_CPU` without the addon, or where libc's call fails
 * @see sched_getcpu(3)
 */
export function schedGetcpu(): number {
  if (addon === null) throw noCpu('schedGetcpu')
  const cpu = addon.schedGetcpu()
  if (cpu < 0) throw noCpu('schedGetcpu')
  return cpu
}

/** Where a thread runs. */
export interface CpuLocation {
  /** CPU number, 0 ≤ n < `status().cpus.possible` */
  readonly cpu: number
  /** NUMA node */
  readonly node: number
}

/**
 * CPU and NUMA node from the raw getcpu system call, never the vDSO: one consistent pair, at the price of
 * a system call.
 *
 * @throws {RseqError} `ERR_RSEQ_NO_CPU` without the addon, or where the call is denied
 * @see getcpu(2)
 */
export function getcpu(): CpuLocation {
  const packed = addon === null ? -1 : addon.getcpu()
  if (packed < 0) throw noCpu('getcpu')
  return { cpu: packed % 2 ** 32, node: Math.floor(packed / 2 ** 32) }
}

function noCpu(name: string): RseqError {
  const why = loaded.addon === null ? loaded.message : 'libc and the kernel both refused to tell.'
  return new RseqError('ERR_RSEQ_NO_CPU', `${name}: the CPU number cannot be told here. ${why}`)
}
