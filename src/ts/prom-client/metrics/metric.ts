import { RseqError } from '../../base/errors'
import { integerOf, typeError } from '../../base/validate'
import type { Cell } from '../../metrics/cell'
import { AGGREGATORS, type Aggregator } from '../../metrics/merged'
import { Family, type Fits } from '../series/family'
import type { Labels } from '../series/labels'
import type { Looks } from '../series/look'
import { ownLabel } from '../series/readable'
import type { Row } from '../series/rows'

/** What prom-client's classes keep in their objects. */
export interface Metric {
  name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  readonly labelNames: readonly string[]
  readonly registers: readonly object[]
  readonly aggregator: string
  readonly enableExemplars: boolean
  /** Of this package's: see limit.ts. */
  readonly maxSeries?: number
  collect?(): void | Promise<void>
  get(): Promise<MetricJSON>
}

export interface Value {
  value: number
  labels: Labels
  metricName?: string
  exemplar?: unknown
}

/** What `get()` says. */
export interface MetricJSON {
  help: string
  name: string
  type: Metric['type']
  values: Value[]
  aggregator: string
}

/** A metric that counts in a region. */
export interface Shared {
  readonly family: Family<Cell>
  /** Of a histogram, else empty: upper bounds. */
  readonly bounds: readonly number[]
}

const all = new WeakMap<object, Shared>()

/**
 * On what counts in a region: a copy of this module that was loaded beside this one has to know it, and cannot look into
 * this one's memory.
 */
const MARK = Symbol.for('rseq/prom-client')

/** Each process for itself, that is. */
export function isCountedByProm(metric: object): boolean {
  return !(MARK in metric)
}

/** @returns undefined where prom-client itself does the counting, or another copy of this module */
export function sharedOf(metric: object): Shared | undefined {
  return all.get(metric)
}

function isShareable({ type, aggregator = 'sum', enableExemplars }: Metric): boolean {
  if (enableExemplars) return false
  return type === 'gauge' ? AGGREGATORS.includes(aggregator as Aggregator) : aggregator === 'sum'
}

/**
 * What prom-client finds out behind its registration, or not before there is a page: a registry would be left with a metric
 * that nobody has, and that makes all its pages fail.
 *
 * @throws {TypeError | RangeError | Error} as prom-client does, where it does
 */
export function checkConfiguration<T>(configuration: T, type: Metric['type']): T {
  // prom-client says what is wrong with anything else.
  const { name, help, labelNames, maxSeries } = (configuration ?? {}) as Partial<Metric>
  if (name && typeof name !== 'string') throw typeError('name', 'a string', name)
  if (help && typeof help !== 'string') throw typeError('help', 'a string', help)
  if (maxSeries !== undefined) integerOf('maxSeries', maxSeries, 1, Number.MAX_SAFE_INTEGER)
  const own = ownLabel(type)
  if (own !== null && Array.isArray(labelNames) && labelNames.some((one) => String(one) === own))
    throw new Error(`${own} is a reserved label keyword`)
  return configuration
}

/** Others may have given its name to something else; log-linear buckets are no metric's. */
function fitting(type: Metric['type']): Fits {
  return ({ kind, buckets }) => kind === type && (buckets === null || buckets.shape.shape === 0)
}

/**
 * Lets a metric that prom-client has made and registered count in a region.
 *
 * @param make a cell, not open yet
 * @returns null where it is left to prom-client: exemplars are of a process, and so is what is not summed
 */
export function share<C extends Cell>(
  metric: Metric,
  bounds: readonly number[],
  make: (family: Family<C>, labels: Labels) => C,
): Family<C> | null {
  if (!isShareable(metric)) {
    if (metric.maxSeries !== undefined)
      process.emitWarning(`rseq/prom-client: ${metric.name} is of each process alone: it has no maxSeries`)
    return null
  }
  try {
    const family = new Family(metric, make, fitting(metric.type))
    family.tryOut()
    showUnlabelled(metric, family)
    all.set(metric, { family: family as unknown as Family<Cell>, bounds })
    Object.defineProperty(metric, MARK, { value: true })
    return family
  } catch (error) {
    if (!(error instanceof RseqError) && !(error instanceof RangeError)) throw error
    process.emitWarning(`rseq/prom-client: ${metric.name} is of each process alone. ${error.message}`)
    return null
  }
}

/** prom-client shows what has no labels from the beginning. */
export function showUnlabelled<C extends Cell>({ labelNames }: Metric, family: Family<C>): void {
  if (labelNames.length === 0) family.opened(family.cell({}))
}

/** The bounds of a histogram's rows: those of another release, as long as that is what is shown. */
export function boundsOf({ bounds }: Shared, [first]: readonly Row[]): readonly number[] {
  const shown = first?.merged.buckets?.shape.extra
  return shown === undefined ? bounds : Array.from(shown)
}

function histogramValues(name: string, bounds: readonly number[], { labels, merged }: Row): Value[] {
  const totals = merged.totals()
  const part = (value: number, metricName: string, own: Labels, exemplar?: null): Value => ({
    value,
    metricName,
    exemplar,
    labels: { ...own, ...labels },
  })
  const total = (i: number): number => totals[i] ?? 0
  return [
    ...[...bounds, '+Inf'].map((le, i) => part(total(i), `${name}_bucket`, { le }, null)),
    part(merged.value, `${name}_sum`, {}),
    part(total(bounds.length), `${name}_count`, {}),
  ]
}

/** A metric as prom-client's `get()` says it, over all threads and processes. */
export function jsonOf(metric: Metric, shared: Shared, looks: Looks): MetricJSON {
  const { help, name, type, aggregator } = metric
  const rows = shared.family.rows(looks)
  const bounds = boundsOf(shared, rows)
  const values =
    type === 'histogram'
      ? rows.flatMap((row) => histogramValues(name, bounds, row))
      : rows.map(({ labels, merged }): Value => ({ value: merged.value, labels }))
  return { help, name, type, values, aggregator }
}
