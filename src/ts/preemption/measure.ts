import { type Addon, loaded } from '../backend/addon'
import { util } from '../base/builtins'
import { checkFunction, checkObject, integerOf, typeError } from '../base/validate'
import { cpuId } from '../thread/cpu'
import { countSwitches, involuntary, PreemptionProbe, threadRecord, voluntary } from './probe'

/** What {@link measureUninterrupted} takes. */
export interface MeasureOptions {
  /** Samples to keep: 1 to 10,000,000, by default 1,000. */
  readonly samples?: number
  /** Calls to make for them, at most: at least `samples`, by default ten times as many. */
  readonly attempts?: number
  /** Calls before the first sample, for the compiler: by default 1,000. */
  readonly warmup?: number
}

/** Samples that were thrown away; each counts once, for the first of these that holds. */
export interface DiscardedSamples {
  /** The thread had moved to another CPU. */
  readonly moved: number
  /** The kernel gave the CPU to somebody else, though the thread could have gone on. */
  readonly preempted: number
  /** The thread waited: `fn` has made a system call that did not return at once. */
  readonly blocked: number
  /** None of these, and yet the thread was interrupted: by a signal, or by work of the kernel on the way back to it. */
  readonly other: number
}

/** What {@link measureUninterrupted} gives. Times are in nanoseconds; without a sample they are NaN. */
export interface UninterruptedSamples {
  /** How long each call took, in the order of the calls. */
  readonly samples: Float64Array
  /** How many those are: fewer than were asked for where the attempts have run out. */
  readonly kept: number
  /** Calls that were made, but for the warm-up. */
  readonly attempts: number
  /** Those that were not kept, by why. */
  readonly discarded: DiscardedSamples
  /** The shortest. */
  readonly min: number
  /** The middle one. */
  readonly median: number
  /** The smallest that 99 % of them do not exceed. */
  readonly p99: number
  /** The longest. */
  readonly max: number
}

const WHAT = 'measureUninterrupted'
const MOST_SAMPLES = 10_000_000

/** Of the doubles of src/native/thread/preemption.h's Record. */
const TIME = 4
/** @internal For test/unit/backend/layout.test.ts, which holds them against the native numbers. */
export const CLOCK = { time: TIME } as const

const doubles = new Float64Array(threadRecord())

function settingsOf(options: MeasureOptions) {
  const what = `${WHAT} options`
  checkObject(what, options)
  const samples = integerOf(`${what}.samples`, options.samples ?? 1000, 1, MOST_SAMPLES)
  const attempts = integerOf(
    `${what}.attempts`,
    options.attempts ?? 10 * samples,
    samples,
    Number.MAX_SAFE_INTEGER,
  )
  const warmup = integerOf(`${what}.warmup`, options.warmup ?? 1000, 0, Number.MAX_SAFE_INTEGER)
  return { samples, attempts, warmup }
}

/** @throws {TypeError} for a promise */
function checkResult(result: unknown): void {
  if (util.types.isPromise(result)) throw typeError(WHAT, 'a function that returns when it is done', result)
}

/** The smallest that so many of the sorted samples do not exceed. */
function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/**
 * Times a synchronous function, and keeps only the samples in which its thread was neither switched nor moved, nor
 * sent a signal: what the function takes, rather than what the machine was doing.
 *
 * A sample is the time between two readings of the monotonic clock by a native call, which take part in it
 * (some 40 ns). Around it, outside of the time, a {@link PreemptionProbe} looks for interruptions, and the kernel's own
 * count of the thread's context switches (getrusage) for those that a probe cannot see: within system calls, and
 * while `fn` uses counters and the like. Of these, signals go unseen.
 *
 * Calls `fn` up to `warmup` + `attempts` times, and blocks until then. What it throws goes to the caller.
 *
 * @param fn what to time; its result is not looked at
 * @throws {TypeError} where `fn` is no function or returns a promise, or an option is no number
 * @throws {RangeError} where an option is out of range
 * @throws {RseqError} `ERR_RSEQ_FEATURE` where interruptions cannot be seen, as of {@link PreemptionProbe}, or the
 * kernel does not tell its count
 * @see getrusage(2)
 */
export function measureUninterrupted(fn: () => unknown, options: MeasureOptions = {}): UninterruptedSamples {
  checkFunction(WHAT, fn)
  const { samples: wanted, attempts: most, warmup } = settingsOf(options)
  const probe = new PreemptionProbe()
  const { readClock } = loaded.addon as Addon
  countSwitches(WHAT)
  for (let i = 0; i < warmup; i++) checkResult(fn())

  const samples = new Float64Array(wanted)
  const discarded = { moved: 0, preempted: 0, blocked: 0, other: 0 }
  let kept = 0
  let attempts = 0
  countSwitches(WHAT)
  while (kept < wanted && attempts < most) {
    attempts++
    const waits = voluntary()
    const preemptions = involuntary()
    const cpu = cpuId()
    probe.arm()
    readClock()
    const begun = doubles[TIME] as number
    const result = fn()
    readClock()
    const took = (doubles[TIME] as number) - begun
    const { state } = probe
    const moved = cpuId() !== cpu
    countSwitches(WHAT)
    checkResult(result)
    if (moved) discarded.moved++
    else if (involuntary() !== preemptions) discarded.preempted++
    else if (voluntary() !== waits) discarded.blocked++
    else if (state === 'interrupted') discarded.other++
    else samples[kept++] = took
  }

  const found = samples.slice(0, kept)
  const sorted = found.slice().sort()
  return Object.freeze({
    samples: found,
    kept,
    attempts,
    discarded: Object.freeze(discarded),
    min: sorted[0] ?? Number.NaN,
    median: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    max: sorted[kept - 1] ?? Number.NaN,
  })
}
