import { backend } from '../backend/backend'
import { RseqError } from '../base/errors'
import { KIND, PROCESS_REGION } from '../contract/backend'
import { PerCpuCounter } from '../counter/counter'
import { canonical } from '../region/entries'
import { Region, regionNumber } from '../region/region'
import { SCOPE_LABEL } from './merged'

/*
 * What finds no room in a region counts in the process's own. Whoever shows what a region counts has to look there, too,
 * whichever thread it was, by whichever copy of this module and whichever object of the region: so an entry of the
 * process's region says so, one for each region. It is made before anything that it speaks of, and stays.
 */

/** The label of what is in the process's region for want of room in another one: which. */
export const REGION_LABEL = 'rseq.region'

const NAME = 'rseq.spilled'
const HELP = 'Something counts in this process for want of room in a region'
/** On no page. */
const SCOPE = 'spilled'

const keys = new WeakMap<Region, string>()
/** Keys of regions of which this thread knows it. */
const known = new Set<string>()
/** Not to be closed: it would be gone with its last holder. */
const held: PerCpuCounter[] = []

/**
 * The same for all objects of a region, in all threads.
 *
 * @throws {RseqError} `ERR_RSEQ_CLOSED`
 */
export function keyOf(region: Region): string {
  let key = keys.get(region)
  if (key === undefined) {
    key = String(backend.key(regionNumber(region, 'region')))
    keys.set(region, key)
  }
  return key
}

const labelsOf = (key: string): Record<string, string> => ({ [REGION_LABEL]: key, [SCOPE_LABEL]: SCOPE })

/** Something of that region is about to count in the process. */
export function markSpilled(region: Region): void {
  const key = keyOf(region)
  if (known.has(key)) return
  known.add(key)
  try {
    held.push(PerCpuCounter.named(NAME, { labels: labelsOf(key), help: HELP }))
  } catch (error) {
    // Without room for this there is none for anything else: it is this thread's alone.
    if (!(error instanceof RseqError)) throw error
  }
}

/** Whether something of that region counts in the process. One native call, until it is so. */
export function hasSpilled(region: Region): boolean {
  if (region === Region.process) return false
  const key = keyOf(region)
  if (known.has(key)) return true
  // Without what opening an object costs more: a series beyond a metric's limit asks each time.
  const labels = canonical(labelsOf(key), 'labels')
  const opened = backend.open(PROCESS_REGION, KIND.counter, false, NAME, labels)
  if (opened < 0) return false
  known.add(key)
  backend.release(PROCESS_REGION, Math.floor(opened / 2 ** 32))
  return true
}
