/** What a watching thread shares with the main one: see src/native/thread/noise.h. */
export interface WatchMemory {
  readonly cpu: number
  /** Words {@link STOP} to {@link ERROR}. */
  readonly control: Int32Array
  /** {@link TOTALS} numbers, and then {@link GAP} of each gap. */
  readonly into: Float64Array
}

/** Not 0: the end of watching. */
export const STOP = 0
/** How many gaps are in the list. */
export const WRITTEN = 1
/** How often the thread was found on another CPU. */
export const MOVED = 2
/** Why it could not watch its CPU: an errno, or 0. */
export const ERROR = 3
/** Words of {@link WatchMemory.control}: two cache lines, for nobody else's are to be in them. */
const CONTROL_WORDS = 32

/** begun, ended, watched, and of gaps that no longer fitted: how many, how long, the longest. */
export const TOTALS = 6
/** start, length, cause. */
export const GAP = 3

/** Of `watch`: src/native/thread/noise.h's `Outcome`, but for 1, the end. */
export const OUTCOME = { goesOn: 0, movedAway: 2 } as const

/** What a watching thread is started with. */
export interface WatchWork {
  readonly memory: WatchMemory
  /** Nanoseconds. */
  readonly threshold: number
  /** Word 0: not 0 where they may begin. */
  readonly gate: Int32Array
  /** Before the gate opens: the origin of all times by process.hrtime, and the deadline since then; nanoseconds. */
  readonly times: Float64Array
}

/** 96 MB of gaps for all of them, and enough for a busy second of each. */
const MOST_GAPS = 4_000_000
const LEAST_GAPS = 20_000
/** More than a CPU with a timer of 1000 Hz and a busy network has. */
const GAPS_PER_SECOND = 20_000

/** @param cpus how many share the memory there may be */
export function watchMemory(cpu: number, seconds: number, cpus: number): WatchMemory {
  const room = Math.min(seconds * GAPS_PER_SECOND, Math.max(LEAST_GAPS, Math.floor(MOST_GAPS / cpus)))
  return {
    cpu,
    control: new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4)),
    into: new Float64Array(new SharedArrayBuffer((TOTALS + GAP * room) * 8)),
  }
}
