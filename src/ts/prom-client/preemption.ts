import {
  MIGRATIONS_HELP,
  PREEMPTION_BOUNDS,
  PREEMPTIONS_HELP,
  type PreemptionMetrics,
  type PreemptionMetricsOptions as WatchOptions,
  watchForMetrics,
} from '../preemption/metrics'
import { Counter } from './metrics/counter'
import { Histogram } from './metrics/histogram'
import { checkedOptions, type OwnMetricOptions } from './options'

/** What {@link collectPreemptionMetrics} takes. */
export interface PreemptionMetricsOptions
  extends OwnMetricOptions<Readonly<Record<string, string | number>>>,
    WatchOptions {}

const WHAT = 'collectPreemptionMetrics'

/**
 * Counts how often each turn of this thread's event loop was interrupted, and its moves to other CPUs, for the whole
 * service: all threads and processes that call it. It keeps no program running. `nodejs_eventloop_turn_preemptions` is a
 * histogram with a sample for each turn, `nodejs_cpu_migrations_total` a counter; what they say is what `monitorPreemption`
 * does.
 *
 * Where preemptions cannot be counted (without the addon, or where seccomp denies getrusage), it warns, once, and registers
 * nothing.
 *
 * @throws {TypeError | RangeError} for options that are none
 * @throws {Error} prom-client's, where the registry has one of the names already; then nothing is registered
 */
export function collectPreemptionMetrics(options: PreemptionMetricsOptions = {}): PreemptionMetrics {
  const { register, prefix, labels } = checkedOptions(WHAT, options)
  return watchForMetrics('rseq/prom-client', WHAT, options, () => {
    const common = { labelNames: Object.keys(labels), registers: [register] }
    const name = `${prefix}nodejs_eventloop_turn_preemptions`
    const turns = new Histogram({ ...common, name, help: PREEMPTIONS_HELP, buckets: [...PREEMPTION_BOUNDS] })
    try {
      const moves = new Counter({
        ...common,
        name: `${prefix}nodejs_cpu_migrations_total`,
        help: MIGRATIONS_HELP,
      }).labels({ ...labels })
      const { observe } = turns.labels({ ...labels })
      return (interruptions, migrated) => {
        observe(interruptions)
        if (migrated) moves.inc()
      }
    } catch (error) {
      register.removeSingleMetric(name)
      throw error
    }
  })
}
