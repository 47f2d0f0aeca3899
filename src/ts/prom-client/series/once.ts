import { AGGREGATORS, type Aggregator, aggregate, grouped } from '../../metrics/merged'
import { textsOf } from './labels'
import { type Labelled, ownLabel } from './readable'

/*
 * A page says each sample once. prom-client can have several of what a page writes the same way: it tells labels apart by
 * more than their texts, keeps the caller's objects, which can change, and takes bounds twice; and a registry's labels can
 * be what a line has itself.
 */

/** One line of what `get()` says. */
export interface Line {
  readonly value: number
  readonly labels?: Labelled
  /** Labels that several lines have. */
  readonly sharedLabels?: Labelled
  readonly metricName?: string
  readonly exemplar?: unknown
}

/** What prom-client writes a page of: `get()`, or what its registry asks instead. */
export interface MetricLines {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly aggregator?: string
  readonly values?: readonly Line[]
}

/** The same for what a page writes the same way, in any order. What is undefined is no label. */
export function labelsKey(labels: Labelled | null = {}): string {
  return JSON.stringify(textsOf(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Those of a registry that a type's lines can have. */
export function defaultsFor(type: string, defaults: Labelled): Labelled {
  const not = ownLabel(type)
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => name !== not))
}

function keyOf(name: string, { labels, sharedLabels, metricName = name }: Line, defaults: Labelled): string {
  return metricName + labelsKey({ ...defaults, ...labels, ...sharedLabels })
}

/**
 * prom-client lists a histogram's series one after the other, of each its buckets first. A bound that it was given twice is
 * one, whose first line is right: the next one adds its count again. It writes a last bucket behind one of infinity.
 */
function boundsOnce(name: string, values: readonly Line[]): Line[] {
  const seen = new Set<string>()
  return values.filter((line) => {
    if (line.metricName !== `${name}_bucket`) {
      seen.clear()
      return true
    }
    const key = keyOf(name, line, {})
    const isNew = !seen.has(key) && line.labels?.le !== Number.POSITIVE_INFINITY
    seen.add(key)
    return isNew
  })
}

/** Quantiles of several cannot be made one: the first are shown. */
function together(same: readonly [Line, ...Line[]], aggregator: Aggregator): Line {
  const [first] = same
  if (same.length === 1) return first
  const exemplar = same.findLast((line) => line.exemplar)?.exemplar
  const values = same.map(({ value }) => Number(value))
  return { ...first, value: aggregate(values, aggregator), ...(exemplar !== undefined && { exemplar }) }
}

/**
 * A metric's lines, each once: of several that are the same on a page, what the metric's aggregator makes of those of
 * several processes.
 *
 * @param defaults labels of a registry, for lines that do not have them
 */
export function once<D extends MetricLines>(data: D, defaults: Labelled = {}): D {
  const { name, type, aggregator, values } = data
  if (!Array.isArray(values)) return data
  const more = defaultsFor(type, defaults)
  const lines = type === 'histogram' ? boundsOnce(name, values) : values
  const how = AGGREGATORS.find((one) => one === aggregator) ?? 'sum'
  const isQuantile = ({ metricName = name }: Line): boolean => type === 'summary' && metricName === name
  const all = grouped(lines, (line) => keyOf(name, line, more))
  return { ...data, values: all.map((same) => together(same, isQuantile(same[0]) ? 'first' : how)) }
}
