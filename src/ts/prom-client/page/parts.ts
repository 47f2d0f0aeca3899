import { sameShape } from '../../contract/buckets'
import type { Merged } from '../../metrics/merged'
import { lossesIn } from '../../region/losses'
import { boundsOf, jsonOf, type Metric, type MetricJSON, sharedOf } from '../metrics/metric'
import { type Base, showingAll, sourceOf } from '../registry-base'
import { currentRegion, scopeOf, spillPlaceOf } from '../series/current-region'
import type { Labels } from '../series/labels'
import { Looks } from '../series/look'
import { leaveOff, type Names } from '../series/readable'
import { joined, Rows } from '../series/rows'
import { collect, type Local } from './collect'
import { foreignScope, unknownForeigners, wholeOf } from './foreign'
import type { Style } from './lines'
import { Page } from './page'
import { valuesOf } from './peer-text'

/*
 * A page is made in steps: what is registered is collected, and what prom-client counts of it is published; then there is
 * one look at each region; what it has is parts; and these are written. Whatever is read of a look is read before anything
 * waits: later, it may say something else.
 */

/** A metric on a page. */
interface Part {
  readonly name: string
  readonly type: Metric['type']
  write(page: Page): void
}

/** One that is registered in this process. */
interface Registered extends Part {
  json(): MetricJSON | Promise<MetricJSON>
}

/** What all processes have published of a registry's metrics that prom-client counts. */
function publishedOf(registry: Base, looks: Looks): ReadonlyMap<string, readonly Merged[]> {
  return looks.at(currentRegion()).scope(foreignScope(registry))
}

function textPart(data: MetricJSON): Part {
  return { name: data.name, type: data.type, write: (page) => page.putText(data) }
}

function registeredPart(metric: Metric, registry: Base, local: Local, looks: Looks): Registered {
  const { name, type } = metric
  const shared = sharedOf(metric)
  if (shared !== undefined) {
    const write = (page: Page): void => {
      const rows = shared.family.rows(looks)
      page.put(metric, boundsOf(shared, rows), rows)
    }
    return { name, type, write, json: () => jsonOf(metric, shared, looks) }
  }
  const data = local.get(metric)
  if (data === undefined)
    return { name, type, write: (page) => page.putText(valuesOf(metric)), json: () => metric.get() }
  const json = (): MetricJSON => wholeOf(data, publishedOf(sourceOf(metric, registry), looks))
  return { name, type, write: (page) => page.putText(json()), json }
}

function registeredParts(registry: Base, local: Local, looks: Looks): Registered[] {
  return registry.getMetricsAsArray().map((metric) => registeredPart(metric, registry, local, looks))
}

/** Everything that is counted for a registry, by name: in its region, and by this process for want of room there. */
function countedFor(registry: Base, looks: Looks): ReadonlyMap<string, readonly Merged[]> {
  const place = { region: currentRegion(), scope: scopeOf(registry) }
  const there = looks.at(place.region).scope(place.scope)
  if (!looks.hasSpilled(place.region)) return there
  const { region, scope } = spillPlaceOf(place)
  const all = new Map<string, readonly Merged[]>(there)
  for (const [name, more] of looks.at(region).scope(scope))
    all.set(name, joined([...(all.get(name) ?? []), ...more]))
  return all
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

/** What only other processes have registered, of a registry that shows that, too. */
function* unknownParts(registry: Base, isKnown: (name: string) => boolean, looks: Looks): Iterable<Part> {
  const allRows = rowsOfUnknowns.get(registry) ?? new Map<string, Rows>()
  rowsOfUnknowns.set(registry, allRows)
  for (const [name, counted] of countedFor(registry, looks)) {
    const all = isKnown(name) ? [] : alikeIn(counted)
    const [first] = all
    if (first === undefined) continue
    const { help, kind, buckets } = first
    const type = kind === 'sum' ? 'counter' : kind
    const write = (page: Page): void => {
      const rows = allRows.get(name) ?? new Rows()
      allRows.set(name, rows)
      const shown = rows.of(all, () => all.map((merged) => ({ labels: merged.labels as Labels, merged })))
      page.put({ name, help, type }, Array.from(buckets?.shape.extra ?? []), shown)
    }
    yield { name, type, write }
  }
  yield* unknownForeigners(publishedOf(registry, looks), isKnown).map(textPart)
}

/** On a page that shows everything, where counts are missing from it. */
const LOSSES = 'rseq_lost_writes'

function lossesAs(losses: number): MetricJSON {
  const help = 'Pages that counts had no room for in a full file system: those counts are missing.'
  const values = [{ value: losses, labels: {} }]
  return { name: LOSSES, help, type: 'gauge', values, aggregator: 'sum' }
}

function* partsOf(registry: Base, local: Local, looks: Looks): Iterable<Part> {
  yield* registeredParts(registry, local, looks)
  const isKnown = (name: string): boolean => Object.hasOwn(registry._metrics, name)
  const whole = showingAll(registry)
  for (const one of whole) yield* unknownParts(one, isKnown, looks)
  const losses = whole.length === 0 ? 0 : lossesIn(currentRegion())
  if (losses > 0 && !isKnown(LOSSES)) yield textPart(lossesAs(losses))
}

/**
 * A registry's page.
 *
 * @param names of the lines of other registries' pages that it is to stand beside: a metric of which no line can stand there
 * is left off
 */
export async function pageOf(registry: Base, style: Style, names: Names): Promise<string> {
  const local = await collect(registry)
  const page = new Page(style)
  for (const part of partsOf(registry, local, new Looks()))
    if (names.take(part.name, part.type)) part.write(page)
  return page.end()
}

/** What is registered, as `get()` says it. */
export async function jsonIn(registry: Base): Promise<MetricJSON[]> {
  const local = await collect(registry)
  return Promise.all(registeredParts(registry, local, new Looks()).map((part) => part.json()))
}
