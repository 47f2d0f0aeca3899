import type { Registry as PromRegistry } from 'prom-client'
import type { MetricKind } from '../../contract/backend'
import { sameShape } from '../../contract/buckets'
import type { Merged } from '../../metrics/families'
import { lossesIn } from '../../region/losses'
import { boundsOf, jsonOf, type Metric, type MetricJSON, sharedOf } from '../metrics/metric'
import { prom } from '../peer'
import type { Labels } from '../series/labels'
import { Looks } from '../series/look'
import { currentRegion, isGlobal, scopeOf, spillPlaceOf } from '../series/memory'
import { once } from '../series/once'
import { leaveOff, Names } from '../series/readable'
import { joined, type Row, Rows } from '../series/rows'
import { foreignScope, refresh, unknownForeigners, wholeOf } from './foreign'
import type { Style } from './lines'
import { Page } from './page'
import { textOf, type Values } from './text'

/** prom-client's class, with the fields that it keeps to itself. */
export interface Base {
  readonly _metrics: Record<string, Metric>
  readonly _defaultLabels: Labels
  readonly contentType: string
  registerMetric(metric: Metric): void
  clear(): void
  removeSingleMetric(name: string): void
  getMetricsAsArray(): Metric[]
  getMetricsAsString(metric: Metric): Promise<string>
  metrics(): Promise<string>
  getMetricsAsJSON(): Promise<MetricJSON[]>
}

export const Base = prom.Registry as unknown as new (contentType?: string) => Base

export function asProm(registry: Base): PromRegistry {
  return registry as unknown as PromRegistry
}

/** Those that show everything of a scope, whoever has registered it. */
export const wide = new WeakSet<Base>()
/** Of what merge() made: what it shows. */
export const sources = new WeakMap<Base, readonly Base[]>()

const TYPES: Record<MetricKind, Metric['type']> = {
  counter: 'counter',
  sum: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
}

/** Those, among what a registry shows, that show what only other processes have registered, too. */
function showingAll(registry: Base): Base[] {
  const from = sources.get(registry)
  if (from !== undefined) return [...new Set(from.flatMap(showingAll))]
  return isGlobal(asProm(registry)) || wide.has(registry) ? [registry] : []
}

/** The registry that a metric is shown from: as what it is published. */
function sourceOf(metric: Metric, registry: Base): Base {
  const from = sources.get(registry)?.find(({ _metrics }) => _metrics[metric.name] === metric)
  return from === undefined ? registry : sourceOf(metric, from)
}

/** What a page is made of. */
interface Contents {
  readonly looks: Looks
  /** What prom-client counts, as this process has it. */
  readonly local: ReadonlyMap<Metric, MetricJSON>
}

async function refreshed(registry: Base): Promise<Map<Metric, MetricJSON>> {
  const from = sources.get(registry)
  if (from === undefined) return refresh(asProm(registry), true)
  const all = await Promise.all(from.map(refreshed))
  return new Map(all.flatMap((local) => [...local]))
}

async function contentsOf(registry: Base): Promise<Contents> {
  const local = await refreshed(registry)
  // Behind what the metrics collect: one look for all of them.
  return { local, looks: new Looks() }
}

/** What all processes have published of a registry's metrics that prom-client counts. */
function publishedOf(registry: Base, { looks }: Contents): ReadonlyMap<string, Merged[]> {
  return looks.at(currentRegion()).scope(foreignScope(asProm(registry)))
}

/** Of a name that only other processes have registered. */
interface Unknown {
  readonly name: string
  readonly help: string
  readonly type: Metric['type']
  readonly bounds: readonly number[]
  readonly all: readonly Merged[]
}

/** Everything that is counted for a registry, by name: in its region, and by this process for want of room there. */
function countedFor(registry: Base, looks: Looks): ReadonlyMap<string, readonly Merged[]> {
  const place = { region: currentRegion(), scope: scopeOf(asProm(registry)) }
  const there = looks.at(place.region).scope(place.scope)
  if (!looks.hasSpilled(place.region)) return there
  const { region, scope } = spillPlaceOf(place)
  const all = new Map<string, readonly Merged[]>(there)
  for (const [name, more] of looks.at(region).scope(scope))
    all.set(name, joined([...(all.get(name) ?? []), ...more]))
  return all
}

function unknowns(registry: Base, isKnown: (name: string) => boolean, { looks }: Contents): Unknown[] {
  const found: Unknown[] = []
  for (const [name, all] of countedFor(registry, looks)) {
    if (isKnown(name)) continue
    const alike = alikeIn(all)
    const [first] = alike
    if (first === undefined) continue
    const { help, kind, buckets } = first
    found.push({ name, help, type: TYPES[kind], bounds: Array.from(buckets?.shape.extra ?? []), all: alike })
  }
  return found
}

const alikes = new WeakMap<readonly Merged[], readonly Merged[]>()

/** Those of a name that are what the first one is: a metric is one thing. Log-linear buckets are no metric's. */
function alikeIn(all: readonly Merged[]): readonly Merged[] {
  const known = alikes.get(all)
  if (known !== undefined) return known
  const metrics = all.filter(({ buckets }) => buckets === null || buckets.shape.shape === 0)
  const [first] = metrics
  const isAlike = ({ kind, buckets }: Merged): boolean =>
    kind === first?.kind &&
    (buckets === null || sameShape(buckets.shape, first.buckets?.shape ?? buckets.shape))
  const alike = metrics.filter(isAlike)
  if (alike.length < all.length) leaveOff('another kind of', all[0]?.name)
  const found = alike.length === all.length ? all : alike
  alikes.set(all, found)
  return found
}

const rowsOfUnknowns = new WeakMap<Base, Map<string, Rows>>()

function unknownRows(registry: Base, { name, all }: Unknown): readonly Row[] {
  const names = rowsOfUnknowns.get(registry) ?? new Map<string, Rows>()
  rowsOfUnknowns.set(registry, names)
  const rows = names.get(name) ?? new Rows()
  names.set(name, rows)
  return rows.of(all, () => all.map((merged) => ({ labels: merged.labels as Labels, merged })))
}

/** On a page that shows everything, where counts are missing from it. */
const LOSSES = 'rseq_lost_writes'

function lossesAs(losses: number): MetricJSON {
  const help = 'Pages that counts had no room for in a full file system: those counts are missing.'
  const values = [{ value: losses, labels: {} }]
  return { name: LOSSES, help, type: 'gauge', values, aggregator: 'sum' }
}

/** Of a metric that is on pages as it says itself. */
export async function partOf(metric: Metric, style: Style): Promise<string> {
  const { getForPromString } = metric as { getForPromString?(): Promise<Values> }
  const data: Values = await (getForPromString?.call(metric) ?? metric.get())
  return textOf(once(data), style)
}

/**
 * Everything is read before it waits: later, the looks may say something else.
 *
 * @param names what lines of the page are called so far: that of which no line can stand there is left off
 */
function partsOf(
  registry: Base,
  contents: Contents,
  style: Style,
  names: Names,
): (string | Promise<string>)[] {
  const { looks, local } = contents
  const parts: (string | Promise<string>)[] = []
  const page = new Page(style, style.openMetrics ? '\n' : '\n\n')
  const put = (part: Promise<string>): void => {
    parts.push(page.pause(), part)
  }
  for (const metric of registry.getMetricsAsArray()) {
    if (!names.take(metric.name, metric.type)) continue
    const shared = sharedOf(metric)
    const data = local.get(metric)
    if (shared !== undefined) {
      const rows = shared.family.rows(looks)
      page.put(metric, boundsOf(shared, rows), rows)
    } else if (data !== undefined) {
      const published = publishedOf(sourceOf(metric, registry), contents)
      put(textOf(wholeOf(data, published), style))
    } else put(partOf(metric, style))
  }
  const isKnown = (name: string): boolean => Object.hasOwn(registry._metrics, name)
  for (const whole of showingAll(registry)) {
    for (const one of unknowns(whole, isKnown, contents))
      if (names.take(one.name, one.type)) page.put(one, one.bounds, unknownRows(whole, one))
    const others = unknownForeigners(publishedOf(whole, contents), isKnown)
    for (const data of others) if (names.take(data.name, data.type)) put(textOf(data, style))
  }
  const losses = showingAll(registry).length === 0 ? 0 : lossesIn(currentRegion())
  if (losses > 0 && !isKnown(LOSSES) && names.take(LOSSES, 'gauge')) put(textOf(lossesAs(losses), style))
  parts.push(page.end(style.openMetrics ? '# EOF\n' : ''))
  return parts
}

/**
 * A registry's page.
 *
 * @param names of the lines of other registries' pages that it is to stand beside
 */
export async function pageOf(
  registry: Base,
  style: Style,
  names = new Names(style.openMetrics),
): Promise<string> {
  const contents = await contentsOf(registry)
  const parts = await Promise.all(partsOf(registry, contents, style, names))
  return parts.join('')
}

/** What is registered, as `get()` says it. As in partsOf it is read before anything waits. */
export async function jsonIn(registry: Base): Promise<MetricJSON[]> {
  const contents = await contentsOf(registry)
  const all = registry.getMetricsAsArray().map((metric) => {
    const shared = sharedOf(metric)
    const data = contents.local.get(metric)
    if (shared !== undefined) return jsonOf(metric, shared, contents.looks)
    if (data === undefined) return metric.get()
    return wholeOf(data, publishedOf(sourceOf(metric, registry), contents))
  })
  return Promise.all(all)
}
