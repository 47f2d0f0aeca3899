import { loaded } from '../backend/addon'
import { NO_RECORD, threadRecord, unavailable } from './probe'

/** Words of src/native/thread/preemption.h's Record. */
const VOLUNTARY = 5
const INVOLUNTARY = 6
/** @internal For test/unit/backend/layout.test.ts, which holds them against the native numbers. */
export const SWITCHES = { voluntary: VOLUNTARY, involuntary: INVOLUNTARY } as const

const { addon } = loaded
const words = new Int32Array(threadRecord())

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
  return words[VOLUNTARY] as number
}

/** How often it lost the CPU though it could have gone on. */
export function involuntary(): number {
  return words[INVOLUNTARY] as number
}
