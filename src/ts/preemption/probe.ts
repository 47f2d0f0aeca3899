import { loaded } from '../backend/addon'
import { RseqError } from '../base/errors'
import { threadArea } from '../thread/cpu'

/*
 * The marker of src/native/thread/preemption.h, which says what each value of rseq_cs means. It is stored by one store of
 * eight bytes, as the double that has its bits: half an address in rseq_cs would kill the process.
 */
/** @internal Words of the thread's area. test/unit/backend/layout.test.ts holds these against the native numbers … */
export const AREA = { cpuId: 1, rseqCs: 2 } as const
const { cpuId: CPU_ID, rseqCs: RSEQ_CS } = AREA
/** @internal … and these. Words of the thread's record; measure.ts has the clock's. */
export const PREEMPTION = { lost: 2, interruptions: 3, cpu: 4, voluntary: 5, involuntary: 6 } as const
const { lost: LOST, interruptions: INTERRUPTIONS, cpu: CPU } = PREEMPTION
const { voluntary: VOLUNTARY, involuntary: INVOLUNTARY } = PREEMPTION

const { addon } = loaded

/** Constants, for the compiler reads memory directly where it knows which. */
const area = threadArea()
const pointer = new Float64Array(area.buffer, RSEQ_CS * 4, 1)
const record = new Int32Array(addon?.preemptionRecord() ?? new ArrayBuffer(40))
const MARKER = new Float64Array(record.buffer)[0] as number
const MARKER_LOW = record[0] as number
const MARKER_HIGH = record[1] as number

/** Why what the addon writes into this thread's record does not arrive here; null: it does. */
const NO_RECORD =
  addon === null
    ? loaded.message
    : MARKER_LOW === 0
      ? 'This JavaScript engine takes no buffers of memory that is not its own.'
      : null

/** This thread's record, which all copies of this module in it share. */
export function threadRecord(): ArrayBufferLike {
  return record.buffer
}

/**
 * What a {@link PreemptionProbe} knows of the time since it was armed.
 *
 * - `armed`: not interrupted.
 * - `interrupted`: interrupted, for certain.
 * - `unknown`: something else has run a critical section on this thread: one of this package's own objects, or another
 *   library. Whether the thread was interrupted as well cannot be told.
 */
export type PreemptionState = 'armed' | 'interrupted' | 'unknown'

const UNCLONEABLE = Symbol('PreemptionProbe: it is of the thread that made it; make one in each thread')

/**
 * Tells whether anything has taken the CPU from the calling thread since the probe was armed: a preemption, a
 * move to another CPU, a signal. A few loads from the thread's own memory, no system call.
 *
 * It is never wrong in saying that there was no interruption, of code that makes no system call. It may say that there was
 * one where there was none: counters and the like, used since, take the probe's place in the kernel's eyes; then
 * {@link state} is `unknown`. What happens within a system call leaves a trace before Linux 6.19 only; after that, a
 * thread that waits, or is preempted there, and returns on the same CPU does not show. Time that a hypervisor takes
 * never shows. See docs/guide/preemption.md.
 *
 * A probe belongs to the thread that made it. Several in one thread do not disturb each other.
 *
 * @example
 * const probe = new PreemptionProbe()
 * const begun = performance.now()
 * work()
 * const took = performance.now() - begun
 * if (!probe.interrupted) histogram.record(took)
 */
export class PreemptionProbe {
  /** Whose probe this is cannot be sent: a `postMessage(probe)` throws a `DataCloneError`. */
  readonly uncloneable: symbol = UNCLONEABLE
  #lost = 0
  #interruptions = 0

  /**
   * Makes an armed probe. Registers this thread where libc has not done so. Where the abort check has not been answered yet
   * (see `status().message`), waits for it: at most some 50 ms, in the first moments of a process.
   *
   * @throws {RseqError} `ERR_RSEQ_FEATURE` where critical sections cannot run on this thread: `status()` says why
   */
  constructor() {
    if (NO_RECORD !== null || !addon?.armable()) throw unavailable('PreemptionProbe')
    this.arm()
  }

  /**
   * From now on.
   *
   * @throws {RseqError} `ERR_RSEQ_FEATURE` after {@link unregister}
   */
  arm(): void {
    if (!isArmed()) mark()
    this.#lost = record[LOST] as number
    this.#interruptions = record[INTERRUPTIONS] as number
  }

  /** Whether the thread may have been interrupted since the probe was armed. It stays so until that is done again. */
  get interrupted(): boolean {
    return isInterrupted(this.#lost)
  }

  /**
   * The answer of {@link interrupted}, and arms the probe: in a loop of nothing but checks no interruption is missed,
   * and each makes one check true; several between two checks are one.
   *
   * @throws {RseqError} `ERR_RSEQ_FEATURE` after {@link unregister}
   */
  check(): boolean {
    // What is not interrupted is still armed: between two steps, an interruption could go unseen.
    if (!isInterrupted(this.#lost)) return false
    this.arm()
    return true
  }

  /** What is known: where {@link interrupted} is true, whether that is certain. */
  get state(): PreemptionState {
    if (!isInterrupted(this.#lost)) return 'armed'
    const certain = record[INTERRUPTIONS] !== this.#interruptions || (!isArmed() && !isReplaced())
    return certain ? 'interrupted' : 'unknown'
  }
}

/** Whether nothing has happened since the marker was stored. */
function isArmed(): boolean {
  return area[RSEQ_CS] === MARKER_LOW && area[RSEQ_CS + 1] === MARKER_HIGH && area[CPU_ID] === record[CPU]
}

/** … or since a probe was armed that found the marker lost so many times. */
function isInterrupted(lost: number): boolean {
  return !isArmed() || record[LOST] !== lost
}

/** Whether another descriptor stands in the marker's place, on the same CPU. */
function isReplaced(): boolean {
  return (area[RSEQ_CS] !== 0 || area[RSEQ_CS + 1] !== 0) && area[CPU_ID] === record[CPU]
}

/** Stores the marker, after writing down what was there instead. */
function mark(): void {
  // Before the marker: who moves in between is on another one.
  const cpu = area[CPU_ID] as number
  // In an area that is not registered it would stay.
  if (cpu < 0) throw unavailable('PreemptionProbe.arm')
  if (!isReplaced()) (record[INTERRUPTIONS] as number)++
  ;(record[LOST] as number)++
  record[CPU] = cpu
  pointer[0] = MARKER
}

/**
 * Asks the kernel for the calling thread's context switches: {@link voluntary} and {@link involuntary} say them until
 * somebody else in this thread has asked.
 *
 * @throws {RseqError} `ERR_RSEQ_FEATURE` where they cannot be had
 */
export function countSwitches(what: string): void {
  if (NO_RECORD === null && addon?.countSwitches()) return
  throw unavailable(what, 'The system call getrusage fails; something like seccomp denies it.')
}

/** How often the thread has waited. Wraps, as {@link involuntary} does. */
export function voluntary(): number {
  return record[VOLUNTARY] as number
}

/** How often it lost the CPU though it could have gone on. */
export function involuntary(): number {
  return record[INVOLUNTARY] as number
}

/** @param why there is a record, and nothing to be seen all the same */
function unavailable(
  what: string,
  why = 'No critical section can run on this thread; status().message says why, and what to do.',
): RseqError {
  return new RseqError('ERR_RSEQ_FEATURE', `${what}: interruptions cannot be seen here. ${NO_RECORD ?? why}`)
}
