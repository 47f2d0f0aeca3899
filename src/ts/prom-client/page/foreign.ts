import type { Registry } from 'prom-client'
import { backend } from '../../backend/backend'
import { timers } from '../../base/builtins'
import { AGGREGATORS, type Aggregator, type Merged } from '../../metrics/families'
import { Gauge } from '../../metrics/gauge'
import { SHORT, withPatience } from '../../region/patience'
import type { Region } from '../../region/region'
import { isCountedByProm, type Metric, type MetricJSON, sharedOf, type Value } from '../metrics/metric'
import { removeDeadOnce } from '../series/dead'
import { warnOfSpill } from '../series/home'
import type { Labels } from '../series/labels'
import { currentRegion, labelsIn, type Place, scopeOf } from '../series/memory'
import { labelsKey, once } from '../series/once'
import { isLine } from '../series/readable'

/*
 * What prom-client counts itself, of each process alone: default metrics, those of other packages, with exemplars. Each
 * process publishes them as gauges, and a page is made of those of all living processes, as the metric's aggregator
 * says. One thread of a process speaks for it.
 */

/** Half of what a page may be behind. */
const INTERVAL = 5000
/** Of the process's own region: who publishes. */
const PUBLISHER = 0
/** In the upper half of a gauge's code: what the family is. */
const TYPES = ['gauge', 'counter', 'histogram'] as const

/** Of other processes' metrics that prom-client counts. */
export function foreignScope(registry: Registry): string {
  return `${scopeOf(registry)}:each`
}

interface Published {
  readonly gauge: Gauge
  round: number
}

/** What this thread publishes of one registry. */
class Publisher {
  readonly #place: Place
  readonly #published = new Map<string, Published>()
  #round = 0

  constructor(registry: Registry) {
    this.#place = { region: currentRegion(), scope: foreignScope(registry) }
  }

  get region(): Region {
    return this.#place.region
  }

  publish(all: Iterable<MetricJSON>): void {
    this.#round++
    for (const metric of all) for (const value of metric.values) this.#put(metric, value)
    for (const [key, { gauge, round }] of this.#published) {
      if (round === this.#round) continue
      gauge.close()
      this.#published.delete(key)
    }
  }

  #put(metric: MetricJSON, { value, labels = {}, metricName = metric.name }: Value): void {
    const { aggregator = 'sum' } = metric
    // Others would not know what to make of several processes' values.
    if (typeof value !== 'number' || !AGGREGATORS.includes(aggregator as Aggregator)) return
    // A label could say that it is something else.
    if (!isLine(metric.name, metric.type, metricName, labels)) return
    const key = metricName + labelsKey(labels)
    let known = this.#published.get(key)
    if (known === undefined) {
      const gauge = this.#opened(metric, metricName, labels)
      if (gauge === null) return
      known = { gauge, round: 0 }
      this.#published.set(key, known)
    }
    known.round = this.#round
    known.gauge.set(value)
  }

  /** @returns null where there is no room for it, or no way to name it: others do not see it then */
  #opened({ help, type, aggregator }: MetricJSON, name: string, labels: Labels): Gauge | null {
    const code = Math.max(0, AGGREGATORS.indexOf(aggregator as Aggregator))
    const role = Math.max(0, (TYPES as readonly string[]).indexOf(type))
    const { region } = this.#place
    try {
      const options = { region, labels: labelsIn(this.#place, labels), help: String(help) }
      removeDeadOnce(region)
      return Gauge.named(name, options, role * 65536 + code)
    } catch (error) {
      warnOfSpill(error as Error)
      return null
    }
  }
}

const publishers = new Map<WeakRef<Registry>, Publisher>()
const known = new WeakMap<Registry, Publisher>()
let isWatching = false

function publisherOf(registry: Registry): Publisher {
  let publisher = known.get(registry)
  if (publisher?.region === currentRegion()) return publisher
  // Nothing is left where this process no longer looks.
  publisher?.publish([])
  publisher = new Publisher(registry)
  known.set(registry, publisher)
  const before = [...publishers.keys()].find((reference) => reference.deref() === registry)
  publishers.set(before ?? new WeakRef(registry), publisher)
  return publisher
}

/**
 * Lets a registry's metrics collect, and publishes what prom-client counts.
 *
 * @param isAsked somebody waits for a page: no lock is waited for, and what could not be published is next time
 * @returns that, as this process has it
 * @throws what a metric's own `collect` throws
 */
export async function refresh(registry: Registry, isAsked = false): Promise<Map<Metric, MetricJSON>> {
  const foreign = new Map<Metric, MetricJSON>()
  const metrics = registry.getMetricsAsArray() as unknown as Metric[]
  await Promise.all(
    metrics.map(async (metric) => {
      if (sharedOf(metric) !== undefined) await metric.collect?.()
      else if (isCountedByProm(metric) && metric.type !== 'summary')
        foreign.set(metric, once(await metric.get()))
    }),
  )
  // Where another thread speaks for this process, a page has what that one said.
  if ((foreign.size > 0 || known.has(registry)) && backend.lead(0, PUBLISHER) === 1) {
    const inOrder = metrics.flatMap((metric) => foreign.get(metric) ?? [])
    const publisher = publisherOf(registry)
    const publish = (): void => publisher.publish(inOrder.filter(({ values }) => Array.isArray(values)))
    withPatience(isAsked ? 0 : SHORT, publish)
  }
  return foreign
}

async function refreshAll(): Promise<void> {
  for (const [reference, publisher] of publishers) {
    const registry = reference.deref()
    if (registry === undefined) {
      publisher.publish([])
      publishers.delete(reference)
    } else {
      // What cannot be collected now is said by whoever asks for a page.
      await refresh(registry).catch(() => undefined)
    }
  }
}

const awaited = new WeakSet<Registry>()

/** A registry has something new that its process may have to say again and again. */
export function watch(registry: Registry): void {
  publisherOf(registry)
  if (!isWatching) timers.setInterval(refreshAll, INTERVAL).unref()
  isWatching = true
  if (awaited.has(registry)) return
  awaited.add(registry)
  // Others should see a new process before its first interval is over.
  timers
    .setImmediate(() => {
      awaited.delete(registry)
      refresh(registry).catch(() => undefined)
    })
    .unref()
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
export function wholeOf(local: MetricJSON, names: ReadonlyMap<string, Merged[]>): MetricJSON {
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
  names: ReadonlyMap<string, Merged[]>,
  isKnown: (name: string) => boolean,
): MetricJSON[] {
  const families = new Map<string, MetricJSON>()
  for (const [metricName, all] of names) {
    for (const merged of gauges(all)) {
      const type = TYPES[merged.role] ?? 'gauge'
      const name = type === 'histogram' ? metricName.replace(/_(bucket|sum|count)$/, '') : metricName
      if (isKnown(name)) continue
      const family = families.get(name) ?? { name, help: merged.help, type, values: [], aggregator: 'sum' }
      family.values.push(remoteValue(name, metricName, merged))
      families.set(name, family)
    }
  }
  return [...families.values()]
}
