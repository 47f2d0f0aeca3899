import { timers } from '../base/builtins'
import { checkObject, numberOf, typeError } from '../base/validate'
import type { RingItem } from './record'

/** An `AbortSignal`, by what is used of it: so that these types need no library of the compiler's. */
export interface RingAbortSignal {
  /** It ends now. */
  readonly aborted: boolean
  /** Calls the listener when it is to end … */
  addEventListener(type: 'abort', listener: () => void): void
  /** … no more. */
  removeEventListener(type: 'abort', listener: () => void): void
}

/** How to iterate over a ring. */
export interface RingRecordsOptions {
  /** How long to wait for records where there are none, in milliseconds, 0 to 2³¹ − 1; 100 by default. */
  readonly interval?: number
  /** Ends the iteration. */
  readonly signal?: RingAbortSignal
}

/** Records in a row, before other work has its turn. */
const IN_A_ROW = 1024
const LONGEST = 2 ** 31 - 1

/**
 * @returns interval and signal
 * @throws {TypeError | RangeError} for options that are none
 */
export function checkRecordsOptions(
  options: RingRecordsOptions | undefined,
): [number, RingAbortSignal | null] {
  const what = 'PerCpuRing.records options'
  if (options === undefined) return [100, null]
  checkObject(what, options)
  const { interval = 100, signal = null } = options
  const isRight = (x: number): boolean => x >= 0 && x <= LONGEST
  numberOf(`${what}.interval`, interval, `milliseconds, 0 to ${LONGEST}`, isRight)
  const isSignal =
    typeof signal === 'object' && (signal === null || ('aborted' in signal && 'addEventListener' in signal))
  if (!isSignal) throw typeError(`${what}.signal`, 'an AbortSignal', signal)
  return [interval, signal]
}

/** Ends early where the signal is aborted. */
function pause(milliseconds: number, signal: RingAbortSignal | null): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timers.clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = timers.setTimeout(end, milliseconds)
    signal?.addEventListener('abort', end)
  })
}

/**
 * One record after the other. Each is consumed when it is asked for: so none is lost where the iteration ends.
 *
 * @param next the next record, undefined where there is none now, or null where the ring was closed
 */
export async function* iterate(
  next: () => RingItem | undefined | null,
  interval: number,
  signal: RingAbortSignal | null,
): AsyncGenerator<RingItem, void, undefined> {
  for (let inARow = 0; signal?.aborted !== true; ) {
    const item = next()
    if (item === null) return
    if (item !== undefined) yield item
    inARow = item === undefined ? 0 : inARow + 1
    if (item === undefined) await pause(interval, signal)
    else if (inARow % IN_A_ROW === 0) await pause(0, signal)
  }
}
