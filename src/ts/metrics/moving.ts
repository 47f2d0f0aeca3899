import { monotonicMs, timers } from '../base/builtins'
import { isPassing, withoutWaiting } from '../region/patience'
import type { Region } from '../region/region'

/*
 * What could not be opened in a region, because somebody kept its directory locked or its file system was full, counts in
 * the process meanwhile.
 * Here it is moved into the region, by a timer and not where it counts: each thread moves its own.
 *
 * A part that is moved is opened in the region, emptied in the process, filled in the region, and closed in the process.
 * This thread does nothing else meanwhile, so its own pages have each count once. For others, a count is missing for a
 * moment rather than there twice: who is killed in between has lost it, and nobody would ever take back a second one.
 */

/** Something of which parts count in the process, and belong in a region. */
export interface Movable {
  readonly region: Region
  /**
   * Moves a piece of it. What can never be moved stays where it is.
   *
   * @returns whether there is more
   * @throws {RseqError} `ERR_RSEQ_REGION_BUSY`, `ERR_RSEQ_NO_MEMORY`: nothing was changed
   */
  moveOne(): boolean
}

/** From a look at the lock to the next one, in milliseconds … */
const PAUSE = 1000
/** … and where there is much to move: from one turn of the event loop that does … */
const SHORT_PAUSE = 10
/** … for so long, to the next. */
const SLICE = 5

/** What nobody else refers to any more can count nothing, and is on no page. */
const waiting = new Set<WeakRef<Movable>>()
const known = new WeakSet<Movable>()
let isScheduled = false

function schedule(pause: number): void {
  isScheduled = true
  timers.setTimeout(tick, pause).unref()
}

function tick(): void {
  isScheduled = false
  const isLate = moveAll(monotonicMs() + SLICE)
  if (waiting.size > 0) schedule(isLate ? SHORT_PAUSE : PAUSE)
  else process.off('exit', lastTry)
}

/** What is left then is lost with the process. */
function lastTry(): void {
  moveAll(Number.POSITIVE_INFINITY)
}

/** @returns whether time was up before everything was tried */
function moveAll(end: number): boolean {
  const busy = new Set<Region>()
  for (const reference of waiting) {
    if (monotonicMs() > end) return true
    const one = reference.deref()
    if (one !== undefined && busy.has(one.region)) continue
    try {
      while (one !== undefined && withoutWaiting(() => one.moveOne())) if (monotonicMs() > end) return true
    } catch (error) {
      if (isPassing(error)) {
        busy.add((one as Movable).region)
        continue
      }
      // Whatever else is wrong, it is not to end a program: what is there counts on where it is.
    }
    waiting.delete(reference)
    if (one !== undefined) known.delete(one)
  }
  return false
}

/** @param one whose parts will be moved, until there is nothing to move */
export function moveLater(one: Movable): void {
  if (known.has(one)) return
  known.add(one)
  if (waiting.size === 0) process.on('exit', lastTry)
  waiting.add(new WeakRef(one))
  if (!isScheduled) schedule(PAUSE)
}
