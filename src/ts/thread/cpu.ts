import { loaded } from '../backend/addon'
import { RseqError } from '../base/errors'

/*
 * Words of the thread's rseq area (include/uapi/linux/rseq.h). The typed array over it is for this module and
 * preemption.ts, and never for anybody else: transferred, it would outlive the thread; written to, it would corrupt it. (It is not marked as
 * untransferable: Node 24 and 26 abort at the end of a worker that has marked a buffer over native memory.)
 */
const CPU_ID = 1
const NODE_ID = 5
const MM_CID = 6

const { addon } = loaded

/**
 * This thread's area, libc's or one that it will register when it is first used: until then, and for good where there is
 * none, its cpu_id is negative. A constant, so that the compiler reads the memory directly.
 */
const area = openArea()

/** Fields that area has beside cpu_id, while that is not negative. Known once the thread is settled. */
let nodeIdLive = false
let mmCidLive = false
let settled = false

function openArea(): Int32Array {
  const buffer = addon?.areaView()
  if (buffer === undefined) return new Int32Array(MM_CID + 1).fill(-1)
  return new Int32Array(buffer)
}

/** The words of this thread's area, at least four of them; without one they are negative. */
export function threadArea(): Int32Array {
  return area
}

/** Registers this thread where libc has not done so: once, on the first call that wants it. */
export function settle(): void {
  if (settled || addon === null) return
  settled = true
  const fields = addon.settle()
  nodeIdLive = (fields & 2) !== 0
  mmCidLive = (fields & 4) !== 0
}

/** Settles anew, with the thread's own registration or without it. */
export function setRegistered(registered: boolean): void {
  if (addon === null) return
  if (registered) addon.registerThread()
  else addon.unregisterThread()
  settled = false
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
  return cpu >= 0 ? cpu : cpuIdByCall()
}

function cpuIdByCall(): number {
  settle()
  const cpu = addon === null ? -1 : addon.cpuId()
  return cpu >= 0 ? cpu : located('cpuId').cpu
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
  return mmCidLive && (area[CPU_ID] as number) >= 0 ? (area[MM_CID] as number) : mmCidByCall()
}

function mmCidByCall(): number {
  settle()
  const id = addon === null ? -1 : addon.mmCid()
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
  return nodeIdLive && (area[CPU_ID] as number) >= 0 ? (area[NODE_ID] as number) : nodeIdByCall()
}

function nodeIdByCall(): number {
  settle()
  return nodeIdLive && (area[CPU_ID] as number) >= 0 ? (area[NODE_ID] as number) : located('nodeId').node
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
 * CPU and NUMA node from the raw getcpu system call, never the vDSO: one consistent pair, at a system call's price.
 *
 * @throws {RseqError} `ERR_RSEQ_NO_CPU` without the addon, or where the call is denied
 * @see getcpu(2)
 */
export function getcpu(): CpuLocation {
  return located('getcpu')
}

/** @param name what the caller called */
function located(name: string): CpuLocation {
  const packed = addon === null ? -1 : addon.getcpu()
  if (packed < 0) throw noCpu(name)
  return { cpu: packed % 2 ** 32, node: Math.floor(packed / 2 ** 32) }
}

function noCpu(name: string): RseqError {
  const why = loaded.addon === null ? loaded.message : 'libc and the kernel both refused to tell.'
  return new RseqError('ERR_RSEQ_NO_CPU', `${name}: the CPU number cannot be told here. ${why}`)
}
