import { monotonicMs } from '../../base/builtins'
import { RseqError } from '../../base/errors'
import { warnOnce } from '../../base/warning'
import { type Movable, moveLater } from '../../metrics/moving'
import { hasSpilled, markSpilled } from '../../metrics/spilling'
import { isBusy, isPassing, isPatient, SHORT, withPatience } from '../../region/patience'
import { Region } from '../../region/region'
import type { Cell, CellOptions, Held } from './cell'
import { Heap } from './heap'
import { labelsIn, type Place, spillPlaceOf } from './memory'

/** Why a metric goes on in the process's own memory: a service must not end for want of cells. */
const SPILLS = new Set([
  'ERR_RSEQ_REGION_FULL',
  'ERR_RSEQ_NO_MEMORY',
  'ERR_RSEQ_REGION_BUSY',
  'ERR_RSEQ_REGION_LOST',
  'ERR_RSEQ_READ_ONLY',
  // Another process has a metric of that name of another type.
  'ERR_RSEQ_KIND',
])

/** Something is counted, and nobody else sees it; or not yet. Once for each reason. */
export function warnOfSpill(error: Error): void {
  // Who only tries the lock tries again.
  if (isBusy(error) && !isPatient()) return
  const { message, name, code } = error as NodeJS.ErrnoException
  const what = isPassing(error)
    ? 'new series are of this process alone until that is over, and then of all'
    : 'new series are of this process alone'
  warnOnce(`spill: ${code ?? name}`, () => `rseq/prom-client: ${what}. ${message}`, code)
}

function warnOfHeap({ message, code }: RseqError): void {
  warnOnce('heap', () => `rseq/prom-client: new series are of their thread alone. ${message}`, code)
}

function isSpilling(error: unknown): error is RseqError {
  return error instanceof RseqError && SPILLS.has(error.code)
}

/** So long a full region is taken for full, in milliseconds: an error costs more than what it stands in the way of. */
const PAUSE = 100
const refusals = new WeakMap<Region, { readonly error: RseqError; readonly until: number }>()

function refuse(region: Region, error: RseqError): void {
  refusals.set(region, { error, until: monotonicMs() + PAUSE })
}

/** Why nothing new finds room there. Null: it may. */
function refusalOf(region: Region): RseqError | null {
  const known = refusals.get(region)
  return known !== undefined && monotonicMs() < known.until ? known.error : null
}

/**
 * Where a metric's cells are opened: in its place, or in the process's own memory where they cannot be there. Those that
 * met a busy lock or no room are moved to their place later, see moving.ts.
 */
export class Home<C extends Cell> implements Movable {
  readonly #place: Place
  readonly #help: string
  /** What is in no region. */
  readonly heap: Heap
  readonly #moving = new Set<C>()

  constructor(place: Place, name: string, help: string) {
    this.#place = place
    this.heap = new Heap(name)
    this.#help = help
  }

  get region(): Region {
    return this.#place.region
  }

  /**
   * Where there are cells.
   *
   * @param hasSpilled whether any thread's are in the process for want of room in a region
   */
  places(hasSpilled: (region: Region) => boolean): readonly Place[] {
    return hasSpilled(this.region) ? [this.#place, this.#spillPlace] : [this.#place]
  }

  /**
   * Opens something of a cell.
   *
   * @throws what `open` does, but for what makes it spill
   */
  open<T>(cell: C, open: (options: CellOptions) => T): T {
    try {
      return withPatience(SHORT, () => this.#openIn(cell, this.#place, open))
    } catch (error) {
      if (!isSpilling(error)) throw error
      if (this.region === Region.process) return this.#openInHeap(cell, open, error)
      warnOfSpill(error)
      markSpilled(this.region)
      const opened = this.#openInProcess(cell, open)
      if (isPassing(error)) {
        this.#moving.add(cell)
        moveLater(this)
      }
      return opened
    }
  }

  #openInProcess<T>(cell: C, open: (options: CellOptions) => T): T {
    try {
      return this.#openIn(cell, this.#spillPlace, open)
    } catch (error) {
      if (!isSpilling(error)) throw error
      return this.#openInHeap(cell, open, error)
    }
  }

  #openInHeap<T>(cell: C, open: (options: CellOptions) => T, error: RseqError): T {
    warnOfHeap(error)
    return open({ ...this.#optionsOf(cell, this.#spillPlace), heap: this.heap })
  }

  /** @throws {RseqError} the last one again, where there was no room for anything new a moment ago */
  #openIn<T>(cell: C, place: Place, open: (options: CellOptions) => T): T {
    const refusal = refusalOf(place.region)
    const held = refusal && cell.there(this.#optionsOf(cell, place))
    if (refusal !== null && held === null) throw refusal
    try {
      return open(this.#optionsOf(cell, place))
    } catch (error) {
      if ((error as RseqError).code === 'ERR_RSEQ_REGION_FULL') refuse(place.region, error as RseqError)
      throw error
    } finally {
      held?.release()
    }
  }

  /** What there is of a cell already, whoever has made it: open, until it is released. Nothing is made. */
  there(cell: C): Held | null {
    for (const place of this.places(hasSpilled)) {
      const held = withPatience(SHORT, () => cell.there(this.#optionsOf(cell, place)))
      if (held !== null) return held
    }
    return null
  }

  /** Its cells are closed, or somebody else's. */
  forget(): void {
    this.#moving.clear()
  }

  moveOne(): boolean {
    const [cell] = this.#moving
    if (cell === undefined) return false
    try {
      cell.move(this.#optionsOf(cell, this.#place))
    } catch (error) {
      if (isPassing(error)) throw error
      warnOfSpill(error as Error)
    }
    this.#moving.delete(cell)
    return this.#moving.size > 0
  }

  get #spillPlace(): Place {
    return spillPlaceOf(this.#place)
  }

  #optionsOf(cell: C, place: Place): CellOptions {
    return { region: place.region, labels: labelsIn(place, cell.labels), help: this.#help, heap: null }
  }
}
