import type { AsyncLoop, Loop, Samples, TimedLoop } from '../src/ts/cli/bench/plan'
import { quantile } from '../src/ts/cli/bench/statistics'
import { clock } from './clock'
import type { Quiet } from './quiet'

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

/** Fewer samples of a round say nothing, however long one of them takes. */
const LEAST_SAMPLES = 3

/** Samples of a loop: nanoseconds per operation, of as many calls as fill the time. */
export function sample(loop: Loop, n: number, milliseconds: number, quiet: Quiet): Samples {
  const samples: number[] = []
  quiet.begin()
  const end = clock() + milliseconds * 1e6
  while (clock() < end || samples.length < LEAST_SAMPLES) {
    const begun = clock()
    sink = loop(n)
    samples.push((clock() - begun) / n)
    quiet.after()
  }
  return quiet.sort(samples)
}

/** As {@link sample}, where an operation ends with a promise. */
export async function sampleAsync(
  loop: AsyncLoop,
  n: number,
  milliseconds: number,
  quiet: Quiet,
): Promise<Samples> {
  const samples: number[] = []
  quiet.begin()
  const end = clock() + milliseconds * 1e6
  while (clock() < end || samples.length < LEAST_SAMPLES) {
    const begun = clock()
    sink = await loop(n)
    samples.push((clock() - begun) / n)
    quiet.after()
  }
  return quiet.sort(samples)
}

/** Operations per call of a loop in C, of which one should take `callNs`. */
export function calibrate(loop: TimedLoop, callNs = CALL_NS): number {
  let n = 64
  while (loop(n) * n < callNs / 2) n *= 2
  return n
}

/** Samples of a loop in C. */
export function sampleTimed(loop: TimedLoop, n: number, milliseconds: number, quiet: Quiet): Samples {
  const samples: number[] = []
  quiet.begin()
  const end = clock() + milliseconds * 1e6
  while (clock() < end || samples.length < LEAST_SAMPLES) {
    samples.push(loop(n))
    quiet.after()
  }
  return quiet.sort(samples)
}
