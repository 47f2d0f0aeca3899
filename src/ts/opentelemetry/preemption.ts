import type { Meter } from '@opentelemetry/api'
import { typeError } from '../base/validate'
import {
  MIGRATIONS_HELP,
  PREEMPTION_BOUNDS,
  PREEMPTIONS_HELP,
  type PreemptionMetrics,
  type PreemptionMetricsOptions,
  watchForMetrics,
} from '../preemption/metrics'
import { api } from './model/peer'

const WHAT = 'observePreemption'

/**
 * Measures how often each turn of this thread's event loop was interrupted, and its moves to other CPUs, with a meter of
 * any provider: call it in each thread. It keeps no program running. `nodejs.eventloop.preemptions` is a histogram
 * with a sample for each turn, `nodejs.cpu.migrations` a counter; what they say is what `monitorPreemption` does.
 *
 * Where preemptions cannot be counted (without the addon, or where seccomp denies getrusage), it warns, once, and makes no
 * instrument.
 *
 * @throws {TypeError | RangeError} for anything but a meter, and options that are none
 */
export function observePreemption(meter: Meter, options: PreemptionMetricsOptions = {}): PreemptionMetrics {
  if (typeof meter?.createHistogram !== 'function') throw typeError(WHAT, 'a Meter', meter)
  return watchForMetrics('rseq/opentelemetry', WHAT, options, () => {
    const turns = meter.createHistogram('nodejs.eventloop.preemptions', {
      description: PREEMPTIONS_HELP,
      unit: '{preemption}',
      valueType: api.ValueType.INT,
      advice: { explicitBucketBoundaries: [...PREEMPTION_BOUNDS] },
    })
    const moves = meter.createCounter('nodejs.cpu.migrations', {
      description: MIGRATIONS_HELP,
      unit: '{migration}',
      valueType: api.ValueType.INT,
    })
    return (interruptions, migrated) => {
      turns.record(interruptions)
      if (migrated) moves.add(1)
    }
  })
}
