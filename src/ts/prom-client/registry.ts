import { timers } from '../base/builtins'
import { isCountedByProm, type Metric, type MetricJSON, sharedOf, showUnlabelled } from './metrics/metric'
import { watch } from './page/collect'
import type { Style } from './page/lines'
import { jsonIn, pageOf } from './page/parts'
import { textOf, valuesOf } from './page/peer-text'
import { prom } from './peer'
import { Base, sources, wide } from './registry-base'
import { enrol, scopeOf } from './series/current-region'
import { Names, readableDefaults } from './series/readable'

const { OPENMETRICS_CONTENT_TYPE } = prom.Registry

/** The registries that a metric is in. Those that merge() makes show it only. */
const owners = new WeakMap<Metric, Set<Base>>()

function enter(metric: Metric, registry: Base): void {
  const all = owners.get(metric) ?? new Set()
  owners.set(metric, all.add(registry))
  const shared = sharedOf(metric)
  // It was taken out, or in none.
  if (shared !== undefined) showUnlabelled(metric, shared.family)
  scopeOf(registry)
  // Whether it counts in a region is known after its constructor, which calls this.
  timers
    .setImmediate(() => {
      const isHere = registry._metrics[metric.name] === metric
      if (isHere && (isCountedByProm(metric) || metric.collect !== undefined)) watch(registry)
    })
    .unref()
}

function leave(metric: Metric, registry: Base): void {
  const all = owners.get(metric)
  all?.delete(registry)
  if (all?.size === 0) sharedOf(metric)?.family.setApart()
}

function styleOf({ contentType, _defaultLabels }: Base): Style {
  return { openMetrics: contentType === OPENMETRICS_CONTENT_TYPE, defaults: readableDefaults(_defaultLabels) }
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
    enrol(this)
  }

  /** @throws {Error} where there is another metric of that name */
  override registerMetric(metric: Metric): void {
    super.registerMetric(metric)
    if (!sources.has(this)) enter(metric, this)
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
    const style = styleOf(this)
    return pageOf(this, style, new Names(style.openMetrics))
  }

  /** One metric's part of the page; `getSingleMetricAsString` is made of it. */
  override getMetricsAsString(metric: Metric): Promise<string> {
    return textOf(valuesOf(metric), styleOf(this))
  }

  /** As {@link metrics}, for what is registered in this process. */
  override async getMetricsAsJSON(): Promise<MetricJSON[]> {
    const all = await jsonIn(this)
    const { defaults } = styleOf(this)
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

/**
 * A page in a format that may not be the registry's own, which stays what it is for others that ask meanwhile.
 *
 * @param names what lines of the pages that it is to stand beside are called
 */
export function pageIn(
  openMetrics: boolean,
  registry: Base,
  names = new Names(openMetrics),
): Promise<string> {
  return pageOf(registry, { ...styleOf(registry), openMetrics }, names)
}

/** @returns a registry that shows everything of a scope, whoever has registered it */
export function wideView(scope: string): Registry {
  const registry = new Registry()
  enrol(registry, scope)
  wide.add(registry)
  return registry
}
