import { HistogramSnapshot } from '../../histogram/reading'
import type { Merged } from '../../metrics/merged'
import type { Series } from '../../metrics/survey'
import { whole } from '../kit/format'
import { shown, widthOf } from '../kit/text'

/** What a service counted, at one time. */
export interface Look {
  /** Milliseconds of `performance.now()`. */
  readonly at: number
  readonly metrics: readonly Merged[]
}

/** What a metric is called, for people; found out once for each. */
interface Texts {
  /** The same in every look. */
  readonly key: string
  readonly name: string
  /** method="GET" route="/": empty where it has none. */
  readonly labels: string
  /** What a filter looks at: of very long texts, what can be shown of them. */
  readonly searched: string
}

/** A metric as it is shown. */
export interface MetricRow extends Texts {
  readonly metric: Merged
  /** A counter's or a sum's, a gauge's value, a histogram's number of samples. */
  readonly total: number
  /** Of {@link total}, per second, since the look before. Null of a gauge, and where there was none before. */
  readonly rate: number | null
  /** A histogram's samples since the look before, or of all time where there was none. */
  readonly recent: HistogramSnapshot | null
}

/** What most metrics are in: none, and the global registry of prom-client's, with what each process counts of itself. */
const USUAL_SCOPES = new Set(['', 'prom', 'prom:each'])

const known = new WeakMap<Series, Texts>()

function textsOf({ series, name, labels, scope, kind }: Merged): Texts {
  const texts = known.get(series)
  if (texts !== undefined) return texts
  const shownName = shown(name)
  const shownLabels = shown(labelsText(labels, scope))
  const made = {
    key: JSON.stringify([name, scope, labels]),
    name: shownName,
    labels: shownLabels,
    searched: `${shownName} ${shownLabels} ${kind}`.toLowerCase(),
  }
  known.set(series, made)
  return made
}

/** What is shown of a metric's scope beside its labels; empty of the usual ones. */
export function scopeText(scope: string): string {
  return USUAL_SCOPES.has(scope) ? '' : `(${scope})`
}

function labelsText(labels: Readonly<Record<string, string>>, scope: string): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return [...pairs, scopeText(scope)].filter(Boolean).join(' ')
}

/** Columns of texts that are the same in every look: found out where they are wanted, once for each. */
const widths = new WeakMap<Series, readonly [name: number, labels: number]>()

/** Columns of a row's name and labels. */
export function widthsOf({ metric, name, labels }: MetricRow): readonly [name: number, labels: number] {
  const { series } = metric
  const known = widths.get(series) ?? [widthOf(name), widthOf(labels)]
  widths.set(series, known)
  return known
}

/** The rows of a table, of which there may be millions; JSON has all of them. */
export const MOST_ROWS = 10_000

/** Says how many are shown, where that is not all; else empty. */
export function cutNote(shown: number, of: number, what = 'metrics'): string {
  return shown < of
    ? `Shows ${whole(shown)} of ${whole(of)} ${what}: those that sort first. --filter chooses others.`
    : ''
}

function samplesOf(counts: Float64Array): number {
  let sum = 0
  for (const count of counts) sum += count
  return sum
}

/** A histogram's samples; those since `before` where that is given. */
export function distribution(metric: Merged, before?: Merged): HistogramSnapshot | null {
  const { buckets, min, max, name } = metric
  if (buckets === null) return null
  const counts = metric.counts()
  const earlier = before?.counts() ?? new Float64Array(0)
  // It was drained, or it is another one by now: all that it has is new.
  const since = earlier.length === counts.length && counts.every((n, i) => n >= (earlier[i] as number))
  const sum = metric.value - (since && before !== undefined ? before.value : 0)
  // Where only integers were recorded, percentiles are integers too.
  const [integers, fractions] = Number.isSafeInteger(sum) ? [sum, 0] : [0, sum]
  const cells = new Float64Array(5 + counts.length)
  // The order is that of HISTOGRAM in contract/backend.ts.
  cells.set([min, max, Math.floor(integers / 2 ** 32), integers - Math.floor(integers / 2 ** 32) * 2 ** 32])
  cells[4] = fractions
  cells.set(counts, 5)
  if (since) {
    // The extremes stay, of all time: what they say of an outermost bucket is true of these samples too.
    earlier.forEach((count, i) => {
      cells[5 + i] = (counts[i] as number) - count
    })
  }
  return new HistogramSnapshot({ cells, buckets }, name)
}

function totalOf(metric: Merged): number {
  return metric.kind === 'histogram' ? samplesOf(metric.counts()) : metric.value
}

function rateOf(kind: Merged['kind'], total: number, before: number, seconds: number): number {
  // A histogram never counts down; it was drained. A counter may.
  const base = kind === 'histogram' && total < before ? 0 : before
  return (total - base) / seconds
}

/** Each metric of a look, with what happened to it since the look before. */
export function rowsOf(look: Look, before: Look | null): MetricRow[] {
  const earlier = new Map(before?.metrics.map((metric) => [textsOf(metric).key, metric]))
  const seconds = before === null ? 0 : (look.at - before.at) / 1000
  return look.metrics.map((metric) => {
    const texts = textsOf(metric)
    const then = earlier.get(texts.key)
    const last = then?.kind === metric.kind ? then : undefined
    const total = totalOf(metric)
    const hasRate = metric.kind !== 'gauge' && seconds > 0
    return {
      ...texts,
      metric,
      total,
      rate: hasRate ? rateOf(metric.kind, total, last === undefined ? 0 : totalOf(last), seconds) : null,
      recent: distribution(metric, last),
    }
  })
}

export const SORTS = ['rate', 'total', 'name'] as const
export type Sort = (typeof SORTS)[number]

function byName(a: MetricRow, b: MetricRow): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return a.key < b.key ? -1 : Number(a.key > b.key)
}

/** Largest first, and by name where nothing else tells. */
function descending(a: number | null, b: number | null): number {
  const [x, y] = [a ?? Number.NEGATIVE_INFINITY, b ?? Number.NEGATIVE_INFINITY]
  return x === y || Number.isNaN(x) || Number.isNaN(y) ? 0 : y - x
}

/** A new list of those rows that have `filter` in name, labels or kind, whatever their case. */
export function arranged(rows: readonly MetricRow[], sort: Sort, filter: string): MetricRow[] {
  const wanted = filter.toLowerCase()
  const list = rows.filter(({ searched }) => searched.includes(wanted))
  if (sort === 'name') return list.sort(byName)
  return list.sort((a, b) => descending(a[sort], b[sort]) || byName(a, b))
}
