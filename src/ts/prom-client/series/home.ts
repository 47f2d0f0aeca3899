import { monotonicMs } from '../../base/builtins'
import { RseqError } from '../../base/errors'
import { warnOnce } from '../../base/warning'
import type { Cell, CellOptions, Held } from '../../metrics/cell'
import { Home } from '../../metrics/home'
import { hasSpilled, markSpilled } from '../../metrics/spilling'
import { isBusy, isPassing, isPatient, SHORT, withPatience } from '../../region/patience'
import { Region } from '../../region/region'
import { labelsIn, type Place, spillPlaceOf } from './current-region'
import { ThreadHeap } from './heap'

type Open<T> = (options: CellOptions) => T

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

function isSpilling(error: unknown): error is RseqError {
  return error instanceof RseqError && SPILLS.has(error.code)
}

/** So long a full region is taken for full, in milliseconds: an error costs more than what it stands in the way of. */
const PAUSE = 100
const refusals = new WeakMap<Region, { readonly error: RseqError; readonly until: number }>()

/** Where a metric's cells are opened: what finds no room in the process either is in the memory of its thread. */
export class MetricHome extends Home {
  /** What is in no region. */
  readonly heap = new ThreadHeap()

  constructor(
    private readonly place: Place,
    private readonly help: string,
  ) {
    super()
  }

  override get region(): Region {
    return this.place.region
  }

  /**
   * Where there are cells.
   *
   * @param hasSpilled whether any thread's are in the process for want of room in a region
   */
  places(hasSpilled: (region: Region) => boolean): readonly Place[] {
    return hasSpilled(this.region) ? [this.place, this.#spillPlace] : [this.place]
  }

  /** What there is of a cell already, whoever has made it: open, until it is released. Nothing is made. */
  there(cell: Cell): Held | null {
    for (const place of this.places(hasSpilled)) {
      const held = withPatience(SHORT, () => cell.there(this.optionsOf(cell, place)))
      if (held !== null) return held
    }
    return null
  }

  protected override optionsOf(cell: Cell, place = this.place): CellOptions {
    return { region: place.region, labels: labelsIn(place, cell.labels), help: this.help }
  }

  /** @throws {RseqError} the last one again, where there was no room for anything new a moment ago */
  protected override openHere<T>(cell: Cell, open: Open<T>, place = this.place): T {
    const refusal = refusals.get(place.region)
    const isFull = refusal !== undefined && monotonicMs() < refusal.until
    const held = isFull ? cell.there(this.optionsOf(cell, place)) : null
    if (isFull && held === null) throw refusal.error
    try {
      return open(this.optionsOf(cell, place))
    } catch (error) {
      const full = error as RseqError
      if (full.code === 'ERR_RSEQ_REGION_FULL')
        refusals.set(place.region, { error: full, until: monotonicMs() + PAUSE })
      throw error
    } finally {
      held?.release()
    }
  }

  protected override spill<T>(cell: Cell, error: unknown, open: Open<T>): T {
    if (!isSpilling(error)) throw error
    if (this.region === Region.process) return this.#openInHeap(cell, open, error)
    warnOfSpill(error)
    markSpilled(this.region)
    try {
      return this.openHere(cell, open, this.#spillPlace)
    } catch (second) {
      if (!isSpilling(second)) throw second
      return this.#openInHeap(cell, open, second)
    }
  }

  protected override warnOfStay(error: unknown): void {
    warnOfSpill(error as Error)
  }

  #openInHeap<T>(cell: Cell, open: Open<T>, { message, code }: RseqError): T {
    warnOnce('heap', () => `rseq/prom-client: new series are of their thread alone. ${message}`, code)
    return open({ ...this.optionsOf(cell, this.#spillPlace), heap: this.heap })
  }

  get #spillPlace(): Place {
    return spillPlaceOf(this.place)
  }
}
