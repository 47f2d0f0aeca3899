import { RseqError } from '../base/errors'
import { warnOnce } from '../base/warning'
import { resolutionOf, type TurnSink, TurnWatch } from './turns'

/** How preemptions are counted for metrics. */
export interface PreemptionMetricsOptions {
  /** Milliseconds from look to look, 0 to 2³¹ − 1; by default 0, each turn. See `monitorPreemption`. */
  readonly resolution?: number
}

/** Preemptions that are being counted for metrics. */
export interface PreemptionMetrics {
  /** Ends that, of this thread. What was counted stays. Idempotent. */
  stop(): void
}

/** Upper bounds of a histogram of preemptions: the first has turns without any. */
export const PREEMPTION_BOUNDS = [0, 1, 2, 5, 10, 20, 50, 100]

/** Of the metrics of both entry points, and of a region's. */
export const PREEMPTIONS_HELP =
  'How often a turn of an event loop lost the CPU though it could have gone on; each turn is a sample'

/** … of moves. */
export const MIGRATIONS_HELP =
  'Turns of an event loop at whose end its thread was on another CPU than at the end of the one before'

/**
 * Counts for as long as the thread lives, or until it is stopped. Where there is nothing to see, it warns, once, and counts
 * nothing: metrics must not bring a service down.
 *
 * @param entry the entry point, as a warning calls it
 * @param make not called where there is nothing to see; what it throws goes to the caller
 * @throws {TypeError | RangeError} for options that are none
 */
export function watchForMetrics(
  entry: string,
  what: string,
  options: PreemptionMetricsOptions,
  make: () => TurnSink,
): PreemptionMetrics {
  const resolution = resolutionOf(what, options)
  let sink: TurnSink = () => undefined
  let watch: TurnWatch
  try {
    watch = new TurnWatch(what, resolution, (interruptions, migrated) => sink(interruptions, migrated))
  } catch (error) {
    if (!(error instanceof RseqError)) throw error
    const { message, code } = error
    warnOnce(`preemptions of ${entry}`, () => `${entry}: preemptions are not counted. ${message}`, code)
    return { stop: () => undefined }
  }
  sink = make()
  watch.start()
  return { stop: () => void watch.stop() }
}
