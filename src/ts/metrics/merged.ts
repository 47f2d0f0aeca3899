import type { MetricKind } from '../contract/backend'
import type { Buckets } from '../contract/buckets'
import type { Sample, Series } from './survey'

/** The label that tells the gauges of one process from those of others. No name in a metrics format has a dot. */
export const PROCESS_LABEL = 'rseq.process'
/** The label of a sum that is the fractions of the counter of the same name: `fraction`. */
export const PART_LABEL = 'rseq.part'
/** The label of what is not to be found by its name alone, such as a metric of a registry of one's own. */
export const SCOPE_LABEL = 'rseq.scope'
/** The label of a histogram of which there was one with other bounds: its own. */
export const BOUNDS_LABEL = 'rseq.bounds'

/** How the gauges of several processes become one number: the lower half of a gauge's code is an index of it. */
export const AGGREGATORS = ['sum', 'first', 'min', 'max', 'average', 'omit'] as const
export type Aggregator = (typeof AGGREGATORS)[number]

/** @param values at least one */
export function aggregate(values: readonly number[], aggregator: Aggregator | undefined): number {
  // Not as arguments: there can be more than a call takes.
  const sum = (): number => values.reduce((a, b) => a + b)
  switch (aggregator) {
    case 'first':
      return values[0] ?? 0
    case 'min':
      return values.reduce((a, b) => Math.min(a, b))
    case 'max':
      return values.reduce((a, b) => Math.max(a, b))
    case 'average':
      return sum() / values.length
    default:
      return sum()
  }
}

/** Those of one key together, by the first of each. */
export function grouped<T>(all: Iterable<T>, keyOf: (one: T) => string): [T, ...T[]][] {
  const groups = new Map<string, [T, ...T[]]>()
  for (const one of all) {
    const key = keyOf(one)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  return [...groups.values()]
}

/** What belongs together under one name and one set of labels, over all threads and processes. */
export class Merged {
  readonly name: string
  /** Those that were given; none of this package's own. */
  readonly labels: Readonly<Record<string, string>>
  /** Empty, unless a {@link SCOPE_LABEL} says more. */
  readonly scope: string
  readonly kind: MetricKind
  readonly help: string
  readonly unit: string
  /** Of a histogram, else null. */
  readonly buckets: Buckets | null
  /** The upper half of a gauge's code; 0 of anything else. */
  readonly role: number
  /** The first one's. */
  readonly series: Series
  /** At least one. What is said here, they say. */
  readonly samples: readonly Sample[]

  /** @param samples of the same name, kind and labels; at least one */
  constructor(samples: readonly Sample[]) {
    const { series } = samples[0] as Sample
    const { labels, scope } = identityOf(series)
    this.name = series.name ?? ''
    this.labels = labels
    this.scope = scope
    this.kind = shownKind(series)
    this.help = series.help
    this.unit = series.unit
    this.buckets = series.buckets
    this.role = series.kind === 'gauge' ? series.code >>> 16 : 0
    this.series = series
    this.samples = samples
  }

  /** @param all of the same name, kind and labels; at least one */
  static of(all: readonly Merged[]): Merged {
    return all.length === 1 ? (all[0] as Merged) : new Merged(all.flatMap(({ samples }) => samples))
  }

  get value(): number {
    const values = this.samples.map(({ value }) => value)
    return aggregate(values, aggregatorOf(this.series))
  }

  /**
   * Of a histogram: how many samples each bucket has. Else empty.
   *
   * Each call adds up all samples' buckets.
   */
  counts(): Float64Array {
    const [first = new Float64Array(0), ...others] = this.samples.map(({ counts }) => counts)
    return first.map((n, i) => others.reduce((sum, counts) => sum + (counts[i] ?? 0), n))
  }

  /** As {@link counts}, but for each bucket how many samples it and those before it have. */
  totals(): Float64Array {
    let total = 0
    return this.counts().map((count) => {
      total += count
      return total
    })
  }

  get min(): number {
    return this.#extreme(Math.min, ({ min }) => min)
  }

  get max(): number {
    return this.#extreme(Math.max, ({ max }) => max)
  }

  /** NaN says nothing. */
  #extreme(pick: (a: number, b: number) => number, of: (sample: Sample) => number): number {
    const said = this.samples.map(of).filter((x) => !Number.isNaN(x))
    return said.length === 0 ? Number.NaN : said.reduce((a, b) => pick(a, b))
  }
}

/** What a series' labels say, found out once for each. */
interface Identity {
  readonly key: string
  /** Of a histogram, else empty: what all its labels have in common, and its buckets. */
  readonly family: string
  readonly shape: string
  readonly labels: Readonly<Record<string, string>>
  readonly scope: string
}

const identities = new WeakMap<Series, Identity>()

/** What it is for people: fractions are a counter's. */
function shownKind({ kind, labels }: Series): MetricKind {
  return kind === 'sum' && PART_LABEL in labels ? 'counter' : kind
}

function identityOf(series: Series): Identity {
  const known = identities.get(series)
  if (known !== undefined) return known
  const pairs = Object.entries(series.labels)
  const given = pairs.filter(([name]) => !name.startsWith('rseq.'))
  const scope = series.labels[SCOPE_LABEL] ?? ''
  const shape = series.buckets?.shape
  const identity = {
    key: JSON.stringify([series.name, scope, shownKind(series), given]),
    family: shape === undefined ? '' : JSON.stringify([series.name, scope]),
    shape: shape === undefined ? '' : JSON.stringify([shape.shape, ...shape.extra]),
    labels: given.length === pairs.length ? series.labels : Object.freeze(Object.fromEntries(given)),
    scope,
  }
  identities.set(series, identity)
  return identity
}

/** Gauges are as many as processes; their aggregator makes one of them. Undefined of what is of no process. */
function aggregatorOf({ labels, code }: Series): Aggregator | undefined {
  return PROCESS_LABEL in labels ? (AGGREGATORS[code & 0xffff] ?? 'sum') : undefined
}

/**
 * Which buckets of a family of histograms are shown, if there are several: while a service is deployed anew, old and new
 * processes count with their own. It is those that a living process has open, and of several the first ones in the region:
 * the old ones until their last process has gone. So every process shows the same.
 */
function shownShapes(samples: readonly Sample[]): ReadonlyMap<string, string> {
  const histograms = samples.filter(({ series }) => series.buckets !== null && series.name !== null)
  const shown = new Map<string, string>()
  for (const all of grouped(histograms, ({ series }) => identityOf(series).family)) {
    const held = all.filter((sample) => sample.held)
    const { series } = (held.length > 0 ? held : all).reduce((a, b) =>
      b.series.entry < a.series.entry ? b : a,
    )
    const { family, shape } = identityOf(series)
    shown.set(family, shape)
  }
  return shown
}

/**
 * Makes what a region counts into what a service's page shows: fractions with their counters, the gauges of all living
 * processes as their aggregators say; nothing nameless, and nothing that a dead process alone could say.
 */
export function merge(samples: readonly Sample[]): Merged[] {
  const shapes = shownShapes(samples)
  const shown = samples.filter(({ series, held }) => {
    const aggregator = aggregatorOf(series)
    if (series.name === null || (aggregator !== undefined && (!held || aggregator === 'omit'))) return false
    const { family, shape } = identityOf(series)
    return shape === '' || (shapes.get(family) ?? shape) === shape
  })
  return grouped(shown, ({ series }) => identityOf(series).key).map((all) => new Merged(all))
}
