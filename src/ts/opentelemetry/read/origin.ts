import { PerCpuCounter } from '../../counter/counter'
import { SCOPE_LABEL } from '../../metrics/merged'
import type { Region } from '../../region/region'

/** Not one of the scopes that are exported. */
const LABELS = { [SCOPE_LABEL]: 'otel' }

/**
 * When a region began to count for OpenTelemetry, in milliseconds since 1970: what all cumulative points start at,
 * whoever exports them. Whoever comes first leaves it in the help of an entry, which is made in one step and never
 * changes.
 */
export function startOf(region: Region): number {
  const now = Date.now()
  const entry = PerCpuCounter.named('rseq.otel.start', { region, labels: LABELS, help: String(now) })
  const start = Number(entry.help)
  return start > 0 && start <= now ? start : now
}

/**
 * How many batches of deltas a reader's processes have made: with one, there has to be a state of them. Not to be
 * closed: it would be gone with its last holder.
 */
export function batchesOf(region: Region, reader: number): PerCpuCounter {
  const labels = { ...LABELS, 'rseq.reader': String(reader) }
  return PerCpuCounter.named('rseq.otel.batches', { region, labels })
}
