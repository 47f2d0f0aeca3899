import { RseqError } from '../../base/errors'
import { hasSpilled, keyOf, markSpilled, REGION_LABEL } from '../../metrics/spilling'
import { type Sample, Survey } from '../../metrics/survey'
import { Region } from '../../region/region'
import type { Labels } from '../model/attributes'
import { api } from '../model/peer'

/*
 * What finds no room in a region counts in the process, for good: it measures exactly, and its cumulative exports have
 * it. Deltas do not: they are of the whole service, whichever process hands them out.
 */

const SPILLS = new Set([
  'ERR_RSEQ_REGION_FULL',
  // Another process has something of that name of another kind.
  'ERR_RSEQ_KIND',
])

/** Keys of regions of which this thread has said so. */
const said = new Set<string>()

/** Whether it is a reason to count in the process instead. */
export function isSpilling(error: unknown, region: Region): boolean {
  return error instanceof RseqError && SPILLS.has(error.code) && region !== Region.process
}

/**
 * Says so, once for each region and thread.
 *
 * @returns the labels that what counts in the process has
 */
export function spilled(region: Region, labels: Labels, error: unknown): Record<string, string> {
  const key = keyOf(region)
  markSpilled(region)
  if (!said.has(key)) {
    said.add(key)
    api.diag.warn(
      'there is no room for new attributes: they are counted in this process alone, and deltas do not have them',
      error,
    )
  }
  return { ...labels, [REGION_LABEL]: key }
}

let survey: Survey | null = null

/** What this process has counted for want of room in that region. */
export function spilledOf(region: Region): Sample[] {
  if (!hasSpilled(region)) return []
  survey ??= new Survey(Region.process)
  const key = keyOf(region)
  return survey.read().filter(({ series }) => series.labels[REGION_LABEL] === key)
}
