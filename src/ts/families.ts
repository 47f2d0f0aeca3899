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

/** What it is for people: fractions are a counter's. */
function shownKind({ kind, labels }: Series): Kind {
  return kind === 'sum' && PART_LABEL in labels ? 'counter' : kind
}

function identityOf(series: Series): Identity {
  const known = identities.get(series)
  if (known !== undefined) return known
  const pairs = Object.entries(series.labels)
  const given = pairs.filter(([name]) => !name.startsWith('rseq.'))
  const scope = series.labels[SCOPE_LABEL] ?? ''
  const identity = {
    key: JSON.stringify([series.name, scope, shownKind(series), given]),
    labels: given.length === pairs.length ? series.labels : Object.freeze(Object.fromEntries(given)),
    scope,
  }
  identities.set(series, identity)
  return identity
}

type Open = { -readonly [key in keyof Merged]: Merged[key] } & {
  /** The last look that had it. */
  look: number
  /** Gauges so far, and their sum. */
  processes: number
  sum: number
}

function opened({ series, value, counts, min, max }: Sample, { labels, scope }: Identity): Open {
  const { name, kind, help, unit, buckets, code } = series
  const role = kind === 'gauge' ? code >>> 16 : 0
  return {
    name: name ?? '',
    labels,
    scope,
    kind: shownKind(series),
    help,
    unit,
    buckets,
    role,
    series,
    value,
    counts,
    min,
    max,
    look: 0,
    processes: 1,
    sum: value,
  }
}

/** The same series, looked at again. */
function put(into: Open, { value, counts, min, max }: Sample): void {
  into.value = value
  into.processes = 1
  into.sum = value
  if (into.buckets === null) return
  into.counts = counts
  into.min = min
  into.max = max
}

/** One more process's gauge. */
function aggregate(into: Open, x: number, aggregator: Aggregator | undefined): void {
  into.processes++
  into.sum += x
  if (aggregator === 'min') into.value = Math.min(into.value, x)
  else if (aggregator === 'max') into.value = Math.max(into.value, x)
  else if (aggregator === 'average') into.value = into.sum / into.processes
  else if (aggregator !== 'first') into.value += x
}

const NAMELESS = -2
const ALONE = -1

/** Gauges are as many as processes; their aggregator makes one of them. */
function wayOf({ name, labels, code }: Series): number {
  if (name === null) return NAMELESS
  return PROCESS_LABEL in labels ? code & 0xffff : ALONE
}

/**
 * Makes what a region counts into what a service's page shows: fractions with their counters, the gauges of all living
 * processes as their aggregators say; nothing nameless, and nothing that a dead process alone could say.
 *
 * Remembers which series belong together, for a region's rarely change from one look to the next.
 */
export class Merger {
  #samples: readonly Sample[] = []
  /** Of each sample: its number in the list of what is found. Arrays, for what they say is read at each look. */
  #places: number[] = []
  /** … and how it is to be taken: {@link NAMELESS}, {@link ALONE}, or the number of a gauge's aggregator. */
  #ways: number[] = []
  /** By place: what was found there last. */
  #last: (Open | undefined)[] = []
  #found: Open[] = []
  #look = 0

  /**
   * @param samples of `Survey.read`
   * @returns the objects of the last look with new values, and the list itself too, as long as the series are the same
   */
  merge(samples: readonly Sample[]): Merged[] {
    this.#learn(samples)
    const look = ++this.#look
    // Null: so far those of the last look, in its order.
    let found: Open[] | null = null
    let count = 0
    for (let i = 0; i < samples.length; i++) {
      const sample = samples[i] as Sample
      const way = this.#ways[i] as number
      const aggregator = way < 0 ? undefined : AGGREGATORS[way]
      if (way === NAMELESS || (way !== ALONE && (!sample.held || aggregator === 'omit'))) continue
      const place = this.#places[i] as number
      const known = this.#last[place]
      if (known?.look !== look) {
        const one = this.#renewed(place, sample)
        one.look = look
        if (this.#found[count] !== one) found ??= this.#found.slice(0, count)
        found?.push(one)
        count++
      } else if (way !== ALONE) aggregate(known, sample.value, aggregator)
      else known.value += sample.value
    }
    if (found !== null) this.#found = found
    else if (count < this.#found.length) this.#found = this.#found.slice(0, count)
    return this.#found
  }

  #renewed(place: number, sample: Sample): Open {
    const last = this.#last[place]
    if (last?.series === sample.series) {
      put(last, sample)
      return last
    }
    const one = opened(sample, identityOf(sample.series))
    this.#last[place] = one
    return one
  }

  #learn(samples: readonly Sample[]): void {
    const known = this.#samples
    if (samples === known) return
    this.#samples = samples
    if (samples.length === known.length && samples.every(({ series }, i) => series === known[i]?.series))
      return
    const places = new Map<string, number>()
    this.#places = samples.map(({ series }) => {
      const { key } = identityOf(series)
      const place = places.get(key) ?? places.size
      places.set(key, place)
      return place
    })
    this.#ways = samples.map(({ series }) => wayOf(series))
    this.#last = new Array(places.size)
  }
}

/** One look's {@link Merger.merge}. */
export function merge(samples: readonly Sample[]): Merged[] {
  return new Merger().merge(samples)
}
