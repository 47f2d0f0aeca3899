import type { AsyncLoop, Loop, Samples, TimedLoop } from '../src/ts/cli/bench/plan'
import { quantile } from '../src/ts/cli/kit/statistics'
import { clock } from './clock'
import { Quiet } from './quiet'
import { type Call, Watched } from './watched'

/** What one call of a loop should take: long beside the clock's own price, short beside what disturbs it. */
const CALL_NS = 300_000
/** A loop is warm when the median time of so many calls is that of as many before them, within … */
const STEADY_CALLS = 16
const STEADY = 0.05
/** … and after so long in any case. */
const WARM_MOST_NS = 300_000_000

/** Keeps results alive. */
export let sink: unknown

/**
 * Runs `loop` until the compiler has finished with it.
 *
 * @returns operations per call
 */
export async function warmUp(loop: Loop | AsyncLoop): Promise<number> {
  const begun = clock()
  let n = 1
  let times: number[] = []
  for (;;) {
    const start = clock()
    sink = loop(n)
    if (sink instanceof Promise) await sink
    const end = clock()
    const late = end - begun >= WARM_MOST_NS
    if (end - start < CALL_NS / 2 && !late) {
      n *= 2
      times = []
      continue
    }
    times.push(end - start)
    if (late || isSteady(times)) return n
  }
}

function isSteady(times: readonly number[]): boolean {
  if (times.length < 2 * STEADY_CALLS) return false
  const now = quantile(times.slice(-STEADY_CALLS), 0.5)
  const before = quantile(times.slice(-2 * STEADY_CALLS, -STEADY_CALLS), 0.5)
  return Math.abs(now - before) <= STEADY * before
}

/** Fewer samples of a round say nothing, however long one of them takes … */
const LEAST_SAMPLES = 3
/** … but where all calls are interrupted, a round ends as well. */
const LEAST_CALLS = 2 * LEAST_SAMPLES

/** Samples of as many calls as fill the time. */
export async function sample(
  call: () => Call | Promise<Call>,
  milliseconds: number,
  quiet: Quiet,
): Promise<Samples> {
  const good: number[] = []
  const disturbed: number[] = []
  const interrupted: number[] = []
  const end = clock() + milliseconds * 1e6
  const isLacking = (): boolean => good.length + disturbed.length < LEAST_SAMPLES
  let before = quiet.look()
  for (let calls = 0; clock() < end || (isLacking() && calls < LEAST_CALLS); calls++) {
    const made = await call()
    const after = quiet.look()
    const kind = made.interrupted ? interrupted : before && after ? good : disturbed
    kind.push(made.ns)
    before = after
  }
  return { good, disturbed, interrupted, interruptions: null }
}

/** Takes samples for so many milliseconds, and tells those that something interrupted. */
export function watching(loop: TimedLoop, n: number): (milliseconds: number) => Promise<Samples> {
  const watched = new Watched(loop, n)
  const quiet = new Quiet()
  return async (milliseconds) => {
    const samples = await sample(() => watched.call(), milliseconds, quiet)
    return { ...samples, interruptions: watched.found() }
  }
}

/** The loop, and a clock around it. */
export function timed(loop: Loop): TimedLoop {
  return (n) => {
    const begun = clock()
    sink = loop(n)
    return (clock() - begun) / n
  }
}

/** As {@link timed}, where an operation ends with a promise. */
export function timedAsync(loop: AsyncLoop): (n: number) => Promise<number> {
  return async (n) => {
    const begun = clock()
    sink = await loop(n)
    return (clock() - begun) / n
  }
}

/** Operations per call of a loop that times itself, of which one should take `callNs`. */
export function calibrate(loop: TimedLoop, callNs = CALL_NS): number {
  let n = 64
  while (loop(n) * n < callNs / 2) n *= 2
  return n
}
