import type { Kind } from './cells'
import { PROCESS_LABEL } from './gauge'
import type { Buckets } from './histogram-shape'
import type { Sample, Series } from './survey'

/** The label of a sum that is the fractions of the counter of the same name: `fraction`. */
export const PART_LABEL = 'rseq.part'
/** The label of what is not to be found by its name alone, such as a metric of a registry of one's own. */
export const SCOPE_LABEL = 'rseq.scope'

/** How the gauges of several processes become one number: the lower half of a gauge's code is an index of it. */
export const AGGREGATORS = ['sum', 'first', 'min', 'max', 'average', 'omit'] as const
export type Aggregator = (typeof AGGREGATORS)[number]

/** What belongs together under one name and one set of labels, over all threads and processes. */
export interface Merged {
  readonly name: string
  /** Those that were given; none of this package's own. */
  readonly labels: Readonly<Record<string, string>>
  /** Empty, unless a {@link SCOPE_LABEL} says more. */
  readonly scope: string
  readonly kind: Kind
  readonly help: string
  readonly unit: string
  /** Of a histogram, else null. */
  readonly buckets: Buckets | null
  /** The upper half of a gauge's code; 0 of anything else. */
  readonly role: number
  /** Whose entry this is, or was first: the same object as long as that entry is. */
  readonly series: Series
  value: number
  /** Of a histogram: how many samples each bucket has. Else empty. */
  readonly counts: Float64Array
  readonly min: number
  readonly max: number
}

/** What a series' labels say, found out once for each. */
interface Identity {
  readonly key: string
  readonly labels: Readonly<Record<string, string>>
  readonly scope: string
}

const identities = new WeakMap<Series, Identity>()

function identityOf(series: Series): Identity {
  const known = identities.get(series)
  if (known !== undefined) return known
  const pairs = Object.entries(series.labels)
  const given = pairs.filter(([name]) => !name.startsWith('rseq.'))
  const scope = series.labels[SCOPE_LABEL] ?? ''
  const identity = {
    key: JSON.stringify([series.name, scope, given]),
    labels: given.length === pairs.length ? series.labels : Object.freeze(Object.fromEntries(given)),
    scope,
  }
  identities.set(series, identity)
  return identity
}

interface Open extends Merged {
  /** Gauges so far. */
  processes: number
}

function opened({ series, value, counts, min, max }: Sample, { labels, scope }: Identity): Open {
  const { name, kind, help, unit, buckets, code } = series
  const role = kind === 'gauge' ? code >>> 16 : 0
  const shown = kind === 'sum' && PART_LABEL in series.labels ? 'counter' : kind
  return {
    name: name ?? '',
    labels,
    scope,
    kind: shown,
    help,
    unit,
    buckets,
    role,
    series,
    value,
    counts,
    min,
    max,
    processes: 1,
  }
}

/** One more process's gauge. */
function aggregate(into: Open, x: number, aggregator: Aggregator | undefined): void {
  into.processes++
  if (aggregator === 'min') into.value = Math.min(into.value, x)
  else if (aggregator === 'max') into.value = Math.max(into.value, x)
  else if (aggregator === 'average') into.value += (x - into.value) / into.processes
  else if (aggregator !== 'first') into.value += x
}

/**
 * What a region counts, as a service's page shows it: fractions with their counters, the gauges of all living processes
 * as their aggregators say; nothing nameless, and nothing that a dead process alone could say.
 *
 * @param samples of `Survey.read`
 */
export function merge(samples: readonly Sample[]): Merged[] {
  const found = new Map<string, Open>()
  for (const sample of samples) {
    const { series } = sample
    const isGauge = PROCESS_LABEL in series.labels
    const aggregator = isGauge ? AGGREGATORS[series.code & 0xffff] : undefined
    if (series.name === null || (isGauge && (!sample.held || aggregator === 'omit'))) continue
    const identity = identityOf(series)
    const known = found.get(identity.key)
    if (known === undefined) found.set(identity.key, opened(sample, identity))
    else if (isGauge) aggregate(known, sample.value, aggregator)
    else known.value += sample.value
  }
  return [...found.values()]
}
