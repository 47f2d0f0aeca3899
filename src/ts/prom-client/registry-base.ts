import type { Metric, MetricJSON } from './metrics/metric'
import { prom } from './peer'
import { isGlobal } from './series/current-region'
import type { Labels } from './series/labels'

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

/** Those that show everything of a scope, whoever has registered it. */
export const wide = new WeakSet<Base>()
/** Of what merge() made: what it shows. */
export const sources = new WeakMap<Base, readonly Base[]>()

/** The registries that a registry shows. */
export function shownBy(registry: Base): Base[] {
  return [...new Set(sources.get(registry)?.flatMap(shownBy) ?? [registry])]
}

/** Those among them that show what only other processes have registered, too. */
export function showingAll(registry: Base): Base[] {
  return shownBy(registry).filter((one) => isGlobal(one) || wide.has(one))
}

/** The registry that a metric is shown from: as what it is published. */
export function sourceOf(metric: Metric, registry: Base): Base {
  const from = sources.get(registry)?.find(({ _metrics }) => _metrics[metric.name] === metric)
  return from === undefined ? registry : sourceOf(metric, from)
}
