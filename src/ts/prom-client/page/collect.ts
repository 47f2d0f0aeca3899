import { backend } from '../../backend/backend'
import { timers } from '../../base/builtins'
import { Gauge } from '../../metrics/gauge'
import { AGGREGATORS, type Aggregator } from '../../metrics/merged'
import { SHORT, withPatience } from '../../region/patience'
import { isCountedByProm, type Metric, type MetricJSON, sharedOf, type Value } from '../metrics/metric'
import { type Base, shownBy } from '../registry-base'
import { currentRegion, labelsIn, type Place, removeDeadOnce } from '../series/current-region'
import { warnOfSpill } from '../series/home'
import type { Labels } from '../series/labels'
import { labelsKey, once } from '../series/once'
import { isLine } from '../series/readable'
import { FOREIGN_TYPES, foreignScope } from './foreign'

/*
 * What prom-client counts itself, of each process alone: default metrics, those of other packages, with exemplars. Each
 * process publishes them as gauges, and a page is made of those of all living processes, as the metric's aggregator
 * says. One thread of a process speaks for it.
 */

/** Half of what a page may be behind. */
const INTERVAL = 5000
/** Of the process's own region: who publishes. */
const PUBLISHER = 0

/** What this thread publishes of one registry. */
class Publisher {
  readonly place: Place
  readonly #published = new Map<string, Gauge>()
  readonly registry: WeakRef<Base>

  constructor(registry: Base) {
    this.registry = new WeakRef(registry)
    this.place = { region: currentRegion(), scope: foreignScope(registry) }
  }

  publish(all: Iterable<MetricJSON>): void {
    const said = new Set<string | null>()
    for (const metric of all) for (const value of metric.values) said.add(this.#put(metric, value))
    for (const [key, gauge] of this.#published) {
      if (said.has(key)) continue
      gauge.close()
      this.#published.delete(key)
    }
  }

  /** @returns the key of what was published */
  #put(metric: MetricJSON, { value, labels = {}, metricName = metric.name }: Value): string | null {
    const { aggregator = 'sum' } = metric
    // Others would not know what to make of several processes' values.
    if (typeof value !== 'number' || !AGGREGATORS.includes(aggregator as Aggregator)) return null
    // A label could say that it is something else.
    if (!isLine(metric.name, metric.type, metricName, labels)) return null
    const key = metricName + labelsKey(labels)
    const gauge = this.#published.get(key) ?? this.#opened(metric, metricName, labels)
    if (gauge === null) return null
    this.#published.set(key, gauge)
    gauge.set(value)
    return key
  }

  /** @returns null where there is no room for it, or no way to name it: others do not see it then */
  #opened({ help, type, aggregator }: MetricJSON, name: string, labels: Labels): Gauge | null {
    const code = Math.max(0, AGGREGATORS.indexOf(aggregator as Aggregator))
    const role = Math.max(0, (FOREIGN_TYPES as readonly string[]).indexOf(type))
    const { region } = this.place
    try {
      const options = { region, labels: labelsIn(this.place, labels), help: String(help) }
      removeDeadOnce(region)
      return Gauge.named(name, options, role * 65536 + code)
    } catch (error) {
      warnOfSpill(error as Error)
      return null
    }
  }
}

const publishers = new Set<Publisher>()
const known = new WeakMap<Base, Publisher>()
let isWatching = false

function publisherOf(registry: Base): Publisher {
  const before = known.get(registry)
  if (before?.place.region === currentRegion()) return before
  // Nothing is left where this process no longer looks.
  before?.publish([])
  if (before !== undefined) publishers.delete(before)
  const publisher = new Publisher(registry)
  known.set(registry, publisher)
  publishers.add(publisher)
  return publisher
}

/** What prom-client counts, as this process has it. */
export type Local = ReadonlyMap<Metric, MetricJSON>

/** For a page: everything that the registry shows. */
export async function collect(registry: Base): Promise<Local> {
  const all = await Promise.all(shownBy(registry).map((one) => refresh(one, true)))
  return new Map(all.flatMap((local) => [...local]))
}

/**
 * Lets a registry's metrics collect, and publishes what prom-client counts.
 *
 * @param isAsked somebody waits for a page: no lock is waited for, and what could not be published is next time
 * @returns that, as this process has it
 * @throws what a metric's own `collect` throws
 */
async function refresh(registry: Base, isAsked = false): Promise<Local> {
  const foreign = new Map<Metric, MetricJSON>()
  const metrics = registry.getMetricsAsArray()
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
  for (const publisher of publishers) {
    const registry = publisher.registry.deref()
    // What cannot be collected now is said by whoever asks for a page.
    if (registry !== undefined) await refresh(registry).catch(() => undefined)
    else {
      publisher.publish([])
      publishers.delete(publisher)
    }
  }
}

const awaited = new WeakSet<Base>()

/** A registry has something new that its process may have to say again and again. */
export function watch(registry: Base): void {
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
