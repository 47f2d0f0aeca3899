import { backend } from './backend'
import { timers } from './builtins'
import { type Kind, PROCESS_REGION } from './cells'

/*
 * Where a file system was full, pages of this process stand in for a region's, see src/native/region/fault.h. Each look
 * at the region puts the file's pages back where there is room by now. A process that only counts makes none: so one is
 * made here again and again, for objects that are too large to have all their pages when they are made.
 */

/** What is counted in the last second of a full file system may be lost, too. */
const INTERVAL = 1000
const LARGE: ReadonlySet<Kind> = new Set(['histogram', 'pool', 'ring'])

/** Regions of this thread. */
const regions = new Set<number>()
let timer: NodeJS.Timeout | null = null

function lookAgain(): void {
  for (const region of regions) if (backend.checkRegion(region) < 0) regions.delete(region)
  if (regions.size > 0 || timer === null) return
  timers.clearInterval(timer)
  timer = null
}

/** This thread has something of that kind open in a region. */
export function keepWhole(region: number, kind: Kind): void {
  if (region === PROCESS_REGION || !LARGE.has(kind)) return
  regions.add(region)
  timer ??= timers.setInterval(lookAgain, INTERVAL).unref()
}
