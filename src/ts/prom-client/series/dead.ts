import { backend } from '../../backend/backend'
import { RESULT } from '../../contract/backend'
import { codeOf } from '../../contract/results'
import { SCOPE_LABEL } from '../../metrics/merged'
import { type Region, regionNumber } from '../../region/region'
import { GLOBAL_SCOPE } from './current-region'

const done = new WeakSet<Region>()

/** What the labels of all gauges of this entry point begin their scope with, as the directory has them. */
const MARK = `["${SCOPE_LABEL}","${GLOBAL_SCOPE}`

/**
 * Removes the gauges that dead processes have left, when a thread makes its first one: whoever comes after them removes
 * them, and a page changes nothing. Where somebody keeps the lock, the next one does. Those of others stay: OpenTelemetry
 * has something to do with what its dead have said last.
 */
export function removeDeadOnce(region: Region): void {
  if (done.has(region)) return
  const removed = backend.removeDeadGauges(regionNumber(region, 'region'), MARK)
  if (codeOf(removed) !== RESULT.busy) done.add(region)
}
