import { backend } from '../backend/backend'
import { warnOnce } from '../base/warning'
import { type Region, regionNumber } from './region'

/** How often a write found no room in the region's file system, in any process: `RegionUsage.lostWrites`. */
export function lossesIn(region: Region): number {
  return backend.regionInfo(regionNumber(region, 'region'))?.lostWrites ?? 0
}

/** For whoever shows what a region counts: once in a process, counts are said to be missing. */
export function warnOfLosses(region: Region): void {
  const losses = lossesIn(region)
  if (losses === 0) return
  warnOnce(
    'losses',
    () =>
      `rseq: counts are missing: the file system of ${region.path} was full, and ${losses} writes of its processes had no ` +
      'room for a page. It goes on; see RegionUsage.lostWrites',
    'ERR_RSEQ_REGION_LOST',
  )
}
