import { threads } from '../../base/builtins'
import { warnOnce } from '../../base/warning'
import { removeDead } from '../../metrics/gauge'
import { SCOPE_LABEL } from '../../metrics/merged'
import { keyOf } from '../../metrics/spilling'
import { Region, regionNumber } from '../../region/region'
import { warnIfApart } from '../../region/service/apart'
import { textsOf } from './labels'

/** What the entries of the global registry's metrics have as their scope; others have more behind it. */
export const GLOBAL_SCOPE = 'prom'

let chosen: Region | null = null

/**
 * Which region the metrics of this thread that are made from now on count in: by default `Region.service`. For tests
 * that must not see each other, and for services whose processes meet in a file of their own choice.
 *
 * @throws {TypeError} for anything but a region
 * @throws {RseqError} `ERR_RSEQ_CLOSED`
 */
export function setRegion(region: Region): void {
  regionNumber(region, 'setRegion')
  chosen = region
}

/** A service goes on where no memory can be shared: it counts, and each process shows its own. */
export function currentRegion(): Region {
  if (chosen !== null) return chosen
  try {
    chosen = Region.service
    warnIfApart('rseq/prom-client', 'each process of this service shows its own metrics only')
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    const says = `rseq/prom-client: each process shows its own metrics only. ${message}`
    warnOnce('region', () => says, code)
    chosen = Region.process
  }
  return chosen
}

const cleaned = new WeakSet<Region>()

/**
 * Removes the gauges that dead processes have left, when a thread makes its first one: whoever comes after them removes
 * them, and a page changes nothing.
 */
export function removeDeadOnce(region: Region): void {
  if (!cleaned.has(region) && removeDead(region, GLOBAL_SCOPE)) cleaned.add(region)
}

/** Where a metric's series are. */
export interface Place {
  readonly region: Region
  readonly scope: string
}

/*
 * The same code gives the same registries their first metrics in the same order: so a registry's number is one that all
 * processes know it by. What has no metrics, as what shows those of others, takes none: the process that answers scrapes
 * may make more of them than others do. Null: no number yet.
 */
const scopes = new WeakMap<object, string | null>()
let registries = 0
const unregistered = new Map<string, number>()
let detached = 0

/**
 * Called for each registry but the global one when it is made.
 *
 * @param scope of a view of what others have registered
 */
export function enrol(registry: object, scope: string | null = null): void {
  scopes.set(registry, scope)
}

export function isGlobal(registry: object): boolean {
  return !scopes.has(registry)
}

export function scopeOf(registry: object): string {
  if (isGlobal(registry)) return GLOBAL_SCOPE
  const scope = scopes.get(registry) ?? `${GLOBAL_SCOPE}:${++registries}`
  scopes.set(registry, scope)
  return scope
}

/** @param registers that a metric was made for, in order */
export function placeOf(name: string, registers: readonly object[]): Place {
  const [first] = registers
  if (first !== undefined) return { region: currentRegion(), scope: scopeOf(first) }
  // In no registry, or not yet: told apart from others of that name by their order.
  const before = unregistered.get(name) ?? 0
  unregistered.set(name, before + 1)
  return { region: currentRegion(), scope: `${GLOBAL_SCOPE}:-${before}` }
}

/** For a metric that was taken out of its registries: it counts on, and nobody else sees it. */
export function placeApart(): Place {
  detached++
  // The process's region is that of its other threads, too.
  return { region: Region.process, scope: `${GLOBAL_SCOPE}:apart:${threads.threadId}.${detached}` }
}

/** Where what has no room in its place counts: in the process, apart from what counts there by its own choice. */
export function spillPlaceOf(place: Place): Place {
  const { region, scope } = place
  if (region === Region.process) return place
  return { region: Region.process, scope: `${GLOBAL_SCOPE}:spilled:${keyOf(region)}:${scope}` }
}

/** As the region's directory has them. */
export function labelsIn(
  { scope }: Place,
  labels: Readonly<Record<string, unknown>>,
): Record<string, string> {
  // Own properties, __proto__ too.
  return Object.fromEntries([[SCOPE_LABEL, scope], ...textsOf(labels)])
}
