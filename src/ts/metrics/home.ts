import { monotonicMs, timers } from '../base/builtins'
import { isPassing, SHORT, withoutWaiting, withPatience } from '../region/patience'
import { Region } from '../region/region'
import type { Cell, CellOptions } from './cell'

/**
 * Where the cells of a metric are opened: in its region, or in the process if they cannot be there. Cells that met a busy
 * lock or no memory are moved to the region later.
 */
export abstract class Home {
  readonly #moving = new Set<Cell>()

  abstract readonly region: Region

  /** How a cell is opened in the region. */
  protected abstract optionsOf(cell: Cell): CellOptions

  /**
   * Opens something of a cell that could not be opened in the region.
   *
   * @throws the error itself, if it is no reason to count in the process
   */
  protected abstract spill<T>(cell: Cell, error: unknown, open: (options: CellOptions) => T): T

  /** A cell cannot be moved, ever: it stays where it is. */
  protected abstract warnOfStay(error: unknown): void

  protected openHere<T>(cell: Cell, open: (options: CellOptions) => T): T {
    return open(this.optionsOf(cell))
  }

  /**
   * Opens something of a cell.
   *
   * @throws what `open` does, but for reasons to count in the process
   */
  placed<T>(cell: Cell, open: (options: CellOptions) => T): T {
    try {
      return withPatience(SHORT, () => this.openHere(cell, open))
    } catch (error) {
      const opened = this.spill(cell, error, open)
      if (isPassing(error) && this.region !== Region.process) {
        this.#moving.add(cell)
        moveLater(this)
      }
      return opened
    }
  }

  /**
   * Moves a cell to the region. One that can never be moved stays where it is.
   *
   * @returns whether there is more
   * @throws {RseqError} `ERR_RSEQ_REGION_BUSY`, `ERR_RSEQ_NO_MEMORY`: nothing was changed
   */
  moveOne(): boolean {
    const [cell] = this.#moving
    if (cell === undefined) return false
    try {
      cell.move(this.optionsOf(cell))
    } catch (error) {
      if (isPassing(error)) throw error
      this.warnOfStay(error)
    }
    this.#moving.delete(cell)
    return this.#moving.size > 0
  }

  /** Its cells are closed, or somebody else's. */
  forget(): void {
    this.#moving.clear()
  }
}

/*
 * Cells are moved by a timer and not where they count: each thread moves its own.
 *
 * A part that is moved is opened in the region, emptied in the process, filled in the region, and closed in the process.
 * This thread does nothing else meanwhile, so its own pages have each count once. For others, a count is missing for a
 * moment rather than there twice: who is killed in between has lost it, and nobody would ever take back a second one.
 */

/** From a look at the lock to the next one, in milliseconds … */
const PAUSE = 1000
/** … and where there is much to move: from one turn of the event loop that does … */
const SHORT_PAUSE = 10
/** … for so long, to the next. */
const SLICE = 5

/** What nobody else refers to any more can count nothing, and is on no page. */
const waiting = new Set<WeakRef<Home>>()
const known = new WeakSet<Home>()
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
        busy.add((one as Home).region)
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
function moveLater(one: Home): void {
  if (known.has(one)) return
  known.add(one)
  if (waiting.size === 0) process.on('exit', lastTry)
  waiting.add(new WeakRef(one))
  if (!isScheduled) schedule(PAUSE)
}
