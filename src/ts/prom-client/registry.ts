import type { Registry as PromRegistry } from 'prom-client'
import type { Kind } from '../cells'
import type { Merged } from '../families'
import { foreignScope, refresh, unknownForeigners, watch, wholeOf } from './foreign'
import type { Labels } from './labels'
import { Looks } from './look'
import { currentRegion, enrol, isGlobal, scopeOf } from './memory'
import { isCountedByProm, jsonOf, type Metric, type MetricJSON, sharedOf, showUnlabelled } from './metric'
import { type Style, textOf, textOfRows } from './page'
import { prom } from './peer'
import { type Row, Rows } from './rows'

/** prom-client's class, with the fields that it keeps to itself. */
interface Base {
  readonly _metrics: Record<string, Metric>
  readonly _defaultLabels: Labels
  readonly contentType: string
  registerMetric(metric: Metric): void
  clear(): void
  removeSingleMetric(name: string): void
  getMetricsAsArray(): Metric[]
  getMetricsAsString(metric: { get(): unknown }): Promise<string>
  metrics(): Promise<string>
  getMetricsAsJSON(): Promise<MetricJSON[]>
}

const Base = prom.Registry as unknown as new (contentType?: string) => Base
const { OPENMETRICS_CONTENT_TYPE } = prom.Registry

/** The registries that a metric is in. Those that merge() makes show it only. */
const homes = new WeakMap<Metric, Set<Base>>()
const views = new WeakSet<Base>()
const wide = new WeakSet<Base>()
/** Of what merge() made: what it shows. */
const sources = new WeakMap<Base, readonly Base[]>()

const TYPES: Record<Kind, Metric['type']> = {
  counter: 'counter',
  sum: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
}

function asProm(registry: Base): PromRegistry {
  return registry as unknown as PromRegistry
}

function enter(metric: Metric, registry: Base): void {
  const all = homes.get(metric) ?? new Set()
  homes.set(metric, all.add(registry))
  const shared = sharedOf(metric)
  // It was taken out, or in none.
  if (shared !== undefined) showUnlabelled(metric, shared.family)
  scopeOf(asProm(registry))
  // Whether it counts in a region is known after its constructor, which calls this.
  setImmediate(() => {
    const isHere = registry._metrics[metric.name] === metric
    if (isHere && (isCountedByProm(metric) || metric.collect !== undefined)) watch(asProm(registry))
  }).unref()
}

function leave(metric: Metric, registry: Base): void {
  const all = homes.get(metric)
  all?.delete(registry)
  if (all?.size === 0) sharedOf(metric)?.family.setApart()
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
  if (from === undefined) return refresh(asProm(registry))
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

function unknowns(registry: Base, isKnown: (name: string) => boolean, { looks }: Contents): Unknown[] {
  const found: Unknown[] = []
  for (const [name, all] of looks.at(currentRegion()).scope(scopeOf(asProm(registry)))) {
    const [first] = all
    if (isKnown(name) || first === undefined) continue
    const { help, kind, buckets } = first
    found.push({ name, help, type: TYPES[kind], bounds: Array.from(buckets?.shape.extra ?? []), all })
  }
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

/** prom-client's own text, of a metric that it counts. */
function foreignText(registry: Base, data: MetricJSON, { openMetrics }: Style): Promise<string> {
  const isTotal = openMetrics && data.type === 'counter'
  const name = isTotal ? data.name.replace(/_total$/, '') : data.name
  return registry.getMetricsAsString({ get: () => ({ ...data, name }) })
}

async function pageOf(registry: Base, contents: Contents, style: Style): Promise<string[]> {
  const { looks, local } = contents
  const parts: (string | Promise<string>)[] = []
  for (const metric of registry.getMetricsAsArray()) {
    const shared = sharedOf(metric)
    const data = local.get(metric)
    if (shared !== undefined) parts.push(textOf(metric, shared, looks, style))
    else if (data !== undefined) {
      const published = publishedOf(sourceOf(metric, registry), contents)
      parts.push(foreignText(registry, wholeOf(data, published), style))
    } else parts.push(registry.getMetricsAsString(metric))
  }
  const isKnown = (name: string): boolean => name in registry._metrics
  for (const whole of showingAll(registry)) {
    for (const one of unknowns(whole, isKnown, contents)) {
      parts.push(textOfRows(one, one.bounds, unknownRows(whole, one), style))
    }
    const others = unknownForeigners(publishedOf(whole, contents), isKnown)
    for (const data of others) parts.push(foreignText(registry, data, style))
  }
  return Promise.all(parts)
}

/**
 * prom-client's `Registry`, whose page is that of the whole service: metrics of this package are summed over all
 * threads and processes; what prom-client counts for each process is as all living ones have it, by the metrics'
 * aggregators. The global one also shows what only other processes have registered.
 */
export class Registry extends Base {
  /** @throws {TypeError} for a content type that is none of prom-client's two */
  constructor(contentType?: string) {
    super(...(contentType === undefined ? [] : [contentType]))
    enrol(asProm(this))
  }

  /** @throws {Error} where there is another metric of that name */
  override registerMetric(metric: Metric): void {
    super.registerMetric(metric)
    if (!views.has(this)) enter(metric, this)
  }

  /** Everything is gone from the page, and with it this process's hold of it. */
  override clear(): void {
    const metrics = this.getMetricsAsArray()
    super.clear()
    for (const metric of metrics) leave(metric, this)
  }

  /** It is gone from the page, and with it this process's hold of it. */
  override removeSingleMetric(name: string): void {
    const metric = this._metrics[name]
    super.removeSingleMetric(name)
    if (metric !== undefined) leave(metric, this)
  }

  /** The page of the whole service. */
  override async metrics(): Promise<string> {
    const openMetrics = this.contentType === OPENMETRICS_CONTENT_TYPE
    const contents = await contentsOf(this)
    const parts = await pageOf(this, contents, { openMetrics, defaults: this._defaultLabels })
    return openMetrics ? `${parts.join('\n')}\n# EOF\n` : `${parts.join('\n\n')}\n`
  }

  /** As {@link metrics}, for what is registered in this process. */
  override async getMetricsAsJSON(): Promise<MetricJSON[]> {
    const contents = await contentsOf(this)
    const { looks, local } = contents
    const all: MetricJSON[] = []
    for (const metric of this.getMetricsAsArray()) {
      const shared = sharedOf(metric)
      const data = local.get(metric)
      if (shared !== undefined) all.push(jsonOf(metric, shared, looks))
      else if (data === undefined) all.push(await metric.get())
      else all.push(wholeOf(data, publishedOf(sourceOf(metric, this), contents)))
    }
    const defaults = this._defaultLabels
    if (Object.keys(defaults).length === 0) return all
    const withDefaults = ({ values, ...metric }: MetricJSON): MetricJSON => ({
      ...metric,
      values: values.map((value) => ({
        ...value,
        labels: { ...value.labels, ...defaults, ...value.labels },
      })),
    })
    return all.map(withDefaults)
  }

  /**
   * One page of several registries, which go on having their metrics.
   *
   * @throws {Error} where two have different content types, or metrics of the same name
   */
  static merge(registries: readonly Base[]): Registry {
    const [first] = registries
    const merged = new Registry(first?.contentType)
    views.add(merged)
    sources.set(merged, [...registries])
    if (registries.some(({ contentType }) => contentType !== first?.contentType)) {
      throw new Error('Registers can only be merged if they have the same content type')
    }
    for (const registry of registries)
      for (const metric of registry.getMetricsAsArray()) merged.registerMetric(metric)
    return merged
  }
}

/**
 * prom-client's own global registry, so that metrics which other packages have put there, or will, are on the page.
 */
export const register = Object.setPrototypeOf(prom.register, Registry.prototype) as Registry

/** @returns a registry that shows everything of a scope, whoever has registered it */
export function wideView(scope: string, contentType: string): Registry {
  const registry = new Registry(contentType)
  enrol(asProm(registry), scope)
  views.add(registry)
  wide.add(registry)
  return registry
}
