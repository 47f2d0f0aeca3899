import type { Registry as PromRegistry } from 'prom-client'
import type { Kind } from '../cells'
import type { Merged } from '../families'
import { foreignScope, refresh, unknownForeigners, watch, wholeOf } from './foreign'
import type { Labels } from './labels'
import { Looks } from './look'
import { currentRegion, enrol, GLOBAL_SCOPE, scopeOf } from './memory'
import { jsonOf, type Metric, type MetricJSON, sharedOf } from './metric'
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
  // Whether it counts in a region is known after its constructor, which calls this.
  setImmediate(() => {
    const isHere = registry._metrics[metric.name] === metric
    if (isHere && (sharedOf(metric) === undefined || metric.collect !== undefined)) watch(asProm(registry))
  }).unref()
}

function leave(metric: Metric, registry: Base): void {
  const all = homes.get(metric)
  all?.delete(registry)
  if (all?.size === 0) sharedOf(metric)?.family.setApart()
}

/** Those that show what only other processes have registered, too. */
function showsAll(registry: Base): boolean {
  return scopeOf(asProm(registry)) === GLOBAL_SCOPE || wide.has(registry)
}

/** What a page is made of. */
interface Contents {
  readonly looks: Looks
  /** What prom-client counts, as this process has it. */
  readonly local: ReadonlyMap<Metric, MetricJSON>
  /** What all processes have published of such metrics. */
  readonly published: ReadonlyMap<string, Merged[]>
}

async function contentsOf(registry: Base): Promise<Contents> {
  const local = await refresh(asProm(registry))
  // Behind what the metrics collect: one look for all of them.
  const looks = new Looks()
  return { looks, local, published: looks.at(currentRegion()).scope(foreignScope(asProm(registry))) }
}

/** Of a name that only other processes have registered. */
interface Unknown {
  readonly name: string
  readonly help: string
  readonly type: Metric['type']
  readonly bounds: readonly number[]
  readonly all: readonly Merged[]
}

function unknowns(registry: Base, { looks }: Contents): Unknown[] {
  const found: Unknown[] = []
  for (const [name, all] of looks.at(currentRegion()).scope(scopeOf(asProm(registry)))) {
    const [first] = all
    if (name in registry._metrics || first === undefined) continue
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
  const { looks, local, published } = contents
  const parts: (string | Promise<string>)[] = []
  for (const metric of registry.getMetricsAsArray()) {
    const shared = sharedOf(metric)
    const data = local.get(metric)
    if (shared !== undefined) parts.push(textOf(metric, shared, looks, style))
    else if (data !== undefined) parts.push(foreignText(registry, wholeOf(data, published), style))
    else parts.push(registry.getMetricsAsString(metric))
  }
  if (showsAll(registry)) {
    for (const one of unknowns(registry, contents)) {
      parts.push(textOfRows(one, one.bounds, unknownRows(registry, one), style))
    }
    const others = unknownForeigners(published, (name) => name in registry._metrics)
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
    const { looks, local, published } = await contentsOf(this)
    const all: MetricJSON[] = []
    for (const metric of this.getMetricsAsArray()) {
      const shared = sharedOf(metric)
      const data = local.get(metric)
      if (shared !== undefined) all.push(jsonOf(metric, shared, looks))
      else all.push(data === undefined ? await metric.get() : wholeOf(data, published))
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
