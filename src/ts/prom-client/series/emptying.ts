import { backend } from '../../backend/backend'
import { warnOnce } from '../../base/warning'
import { KIND, NO_ID, RESULT } from '../../contract/backend'
import { codeOf, failure, succeed } from '../../contract/results'
import type { Merged } from '../../metrics/merged'
import type { Series } from '../../metrics/survey'
import { regionNumber } from '../../region/region'
import type { Place } from './current-region'
import type { Looks } from './look'

/*
 * Sets to 0 what others have counted. It opens what there is, one after the other, by its place in the region: nothing is
 * made, so that a full region is no matter, and nothing is kept.
 */

/** @throws {RseqError} where nothing can be done with it any more */
export function checkPlace({ region }: Place): void {
  succeed(backend.checkRegion(regionNumber(region, 'region')), 'region')
}

/** @returns 0, or why it has what it had */
function empty(region: number, { kind, entry, generation }: Series): number {
  const opened = backend.adopt(region, KIND[kind], false, entry, generation)
  // Where it was removed meanwhile, it is 0.
  if (opened < 0) return codeOf(opened) === RESULT.absent ? 0 : opened
  try {
    if (opened % 2 ** 32 === NO_ID) return RESULT.readOnly
    if (kind === 'counter') backend.bigValue(region, entry, true)
    else if (kind === 'sum') backend.drainFloat(region, entry)
    else backend.histogramCells(region, entry, true)
    return 0
  } finally {
    backend.release(region, entry)
  }
}

/**
 * Sets everything of a metric to 0, whoever has counted it, but gauges: those are of their processes. What cannot be set is
 * left, with one warning.
 */
export function emptyAll(
  { region, scope }: Place,
  name: string,
  fits: (one: Merged) => boolean,
  looks: Looks,
): void {
  const number = regionNumber(region, 'region')
  for (const merged of looks.at(region).scope(scope).get(name) ?? []) {
    if (merged.kind === 'gauge' || !fits(merged)) continue
    for (const { series } of merged.samples) {
      const result = empty(number, series)
      if (result === 0) continue
      const { message, code } = failure(result, `${name}.reset()`) as NodeJS.ErrnoException
      const says = `rseq/prom-client: what other processes have counted was not set to 0. ${message}`
      warnOnce('emptying', () => says, code)
      // Its lock is waited for once.
      if (codeOf(result) === RESULT.busy) return
    }
  }
}
