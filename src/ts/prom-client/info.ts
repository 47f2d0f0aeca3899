import type { collectDefaultMetrics as CollectDefaultMetrics } from 'prom-client'
import { type Status, status } from '../thread/status'
import { Gauge } from './metrics/gauge'
import { checkedOptions, type OwnMetricOptions } from './options'
import { prom } from './peer'

/** What {@link collectRseqInfo} takes. */
export interface RseqInfoOptions extends OwnMetricOptions<object> {}

const WHAT = 'collectRseqInfo'
const HELP = 'How threads count: backend and reason as status() of rseq says them, and whether by fast calls.'

let known: Status | null = null

/** Of the calling thread, as it is now. Without the addon it stays what it is. */
function current(): { backend: string; reason: string; fast_calls: string } {
  if (known?.backend !== 'portable') known = status()
  const { backend, reason, fastCalls } = known
  return { backend, reason, fast_calls: fastCalls ? '1' : '0' }
}

/**
 * Puts a gauge `rseq_info` on the page, which is 1 for each way that processes of the service count in:
 * `rseq_info{backend="rseq",reason="OK",fast_calls="1"} 1`. A part of {@link collectDefaultMetrics}; a registry that has it
 * already is left as it is.
 *
 * @throws {TypeError} for options that are none
 */
export function collectRseqInfo(options: RseqInfoOptions = {}): void {
  const { register, prefix, labels } = checkedOptions(WHAT, options)
  const name = `${prefix}rseq_info`
  if (register.getSingleMetric(name) !== undefined) return
  let shown: ReturnType<typeof current> | null = null
  new Gauge<string>({
    name,
    help: HELP,
    labelNames: ['backend', 'reason', 'fast_calls', ...Object.keys(labels)],
    registers: [register],
    // Of the processes that count alike, one row.
    aggregator: 'max',
    collect() {
      const now = current()
      if (shown !== null && (shown.backend !== now.backend || shown.reason !== now.reason))
        this.remove({ ...labels, ...shown })
      shown = now
      this.set({ ...now, ...labels, ...now }, 1)
    },
  })
}

/** prom-client's own, and {@link collectRseqInfo}. Its list of names is prom-client's. */
export const collectDefaultMetrics: typeof CollectDefaultMetrics = Object.assign(
  (configuration?: Parameters<typeof CollectDefaultMetrics>[0]): void => {
    prom.collectDefaultMetrics(configuration)
    const { register, prefix, labels } = configuration ?? {}
    // One of another copy of prom-client has prom-client's metrics alone.
    if (register !== undefined && !(register instanceof prom.Registry)) return
    collectRseqInfo({ ...(register && { register }), ...(prefix && { prefix }), ...(labels && { labels }) })
  },
  prom.collectDefaultMetrics,
)
