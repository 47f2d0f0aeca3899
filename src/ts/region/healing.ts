import { backend } from '../backend/backend'
import { threads, timers } from '../base/builtins'
import { type Kind, PROCESS_REGION, RESULT } from '../contract/backend'

/*
 * What keeps this process's part of a region whole: fault.h does it at each look, and who only counts makes none.
 *
 * Where a file system was full, pages of this process stand in for a region's; a look puts the file's pages back where
 * there is room by now. And a look puts the handler of SIGBUS, by which a file that was cut short becomes an error, before
 * those that others have installed: process.on('SIGBUS') would have the access made again and again.
 */

/** What is counted in the last second of a full file system may be lost, too. */
const INTERVAL = 1000
/** Kinds that are too large to have all their pages when they are made. */
const LARGE: ReadonlySet<Kind> = new Set(['histogram', 'pool', 'ring'])

/** Regions of this thread. */
const regions = new Set<number>()
let timer: NodeJS.Timeout | null = null

/** One that is lost is touched when this process ends, too. */
function look(): void {
  for (const region of regions) if (backend.checkRegion(region) === RESULT.closed) regions.delete(region)
}

function lookAgain(): void {
  look()
  if (regions.size > 0 || timer === null) return
  timers.clearInterval(timer)
  timer = null
}

/** Node's own listeners of these events come first: by now the signal has its handler, or the default. */
function onListener(event: string | symbol): void {
  if (event === 'SIGBUS') look()
}

/** This thread has something of that kind open in a region. */
export function keepWhole(region: number, kind: Kind): void {
  if (region === PROCESS_REGION) return
  if (threads.isMainThread && regions.size === 0) {
    for (const event of ['newListener', 'removeListener'] as const) {
      process.off(event, onListener)
      process.on(event, onListener)
    }
  }
  regions.add(region)
  // A worker is not told of listeners: those of signals are the main thread's.
  if (LARGE.has(kind) || !threads.isMainThread) timer ??= timers.setInterval(lookAgain, INTERVAL).unref()
}
