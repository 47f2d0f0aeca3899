import type { Merged } from '../../metrics/merged'
import type { MetricJSON, Value } from '../metrics/metric'
import { scopeOf } from '../series/current-region'
import type { Labels } from '../series/labels'
import { labelsKey } from '../series/once'

/*
 * What all processes have published of metrics that prom-client counts: see collect.ts.
 */

/** In the upper half of a gauge's code: what the family is. */
export const FOREIGN_TYPES = ['gauge', 'counter', 'histogram'] as const

/** Of other processes' metrics that prom-client counts. */
export function foreignScope(registry: object): string {
  return `${scopeOf(registry)}:each`
}

/** Whatever else somebody has given such a name and scope was not published. */
function gauges(all: readonly Merged[] = []): readonly Merged[] {
  return all.filter(({ kind }) => kind === 'gauge')
}

/**
 * A metric that each process counts for itself, as all living processes have it.
 *
 * @param local as this process has it, in its order
 * @param names what has been published, by name
 */
export function wholeOf(local: MetricJSON, names: ReadonlyMap<string, readonly Merged[]>): MetricJSON {
  if (!Array.isArray(local.values)) return local
  const parts = local.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
  const found = new Map<string, { readonly metricName: string; readonly merged: Merged }>()
  for (const part of parts) {
    const metricName = local.name + part
    for (const merged of gauges(names.get(metricName)))
      found.set(metricName + labelsKey(merged.labels), { metricName, merged })
  }
  const values = local.values.map((value) => {
    const key = (value.metricName ?? local.name) + labelsKey(value.labels)
    const merged = found.get(key)?.merged
    found.delete(key)
    return merged === undefined ? value : { ...value, value: merged.value }
  })
  for (const { metricName, merged } of found.values())
    values.push(remoteValue(local.name, metricName, merged))
  return { ...local, values }
}

function remoteValue(name: string, metricName: string, { value, labels }: Merged): Value {
  // Where prom-client has it.
  const inOrder = 'le' in labels ? { le: labels.le, ...labels } : labels
  return { value, labels: inOrder as Labels, ...(metricName !== name && { metricName }) }
}

/** What only other processes have, of names that this one does not know. */
export function unknownForeigners(
  names: ReadonlyMap<string, readonly Merged[]>,
  isKnown: (name: string) => boolean,
): MetricJSON[] {
  const families = new Map<string, MetricJSON>()
  for (const [metricName, all] of names) {
    for (const merged of gauges(all)) {
      const type = FOREIGN_TYPES[merged.role] ?? 'gauge'
      const name = type === 'histogram' ? metricName.replace(/_(bucket|sum|count)$/, '') : metricName
      if (isKnown(name)) continue
      const family = families.get(name) ?? { name, help: merged.help, type, values: [], aggregator: 'sum' }
      family.values.push(remoteValue(name, metricName, merged))
      families.set(name, family)
    }
  }
  return [...families.values()]
}
