import { RseqError } from '../errors'
import { type Movable, moveLater } from '../moving'
import { isBusy, isPassing, isPatient, SHORT, withPatience } from '../patience'
import { Region } from '../region'
import type { Cell, CellOptions, Held } from './family'
import { labelsIn, type Place } from './memory'

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

const warned = new Set<string>()

/** Something is counted, and nobody else sees it; or not yet. Once for each reason. */
export function warnOnce(error: Error): void {
  const { message, name, code } = error as NodeJS.ErrnoException
  // Who only tries the lock tries again.
  if (warned.has(code ?? name) || (isBusy(error) && !isPatient())) return
  warned.add(code ?? name)
  const what = isPassing(error)
    ? 'new series are of this process alone until that is over, and then of all'
    : 'new series are of this process alone'
  process.emitWarning(`rseq/prom-client: ${what}. ${message}`, { ...(code !== undefined && { code }) })
}

/**
 * Where a metric's cells are opened: in its place, or in the process's own memory where they cannot be there. Those that
 * met a busy lock or no room are moved to their place later, see moving.ts.
 */
export class Home<C extends Cell> implements Movable {
  readonly #place: Place
  readonly #help: string
  /** Something is in the process for good. */
  #stays = false
  readonly #moving = new Set<C>()

  constructor(place: Place, help: string) {
    this.#place = place
    this.#help = help
  }

  get region(): Region {
    return this.#place.region
  }

  /** Where there are cells. */
  get places(): readonly Place[] {
    const isSpilled = this.#stays || this.#moving.size > 0
    return isSpilled ? [this.#place, this.#spillPlace] : [this.#place]
  }

  /**
   * Opens something of a cell.
   *
   * @throws what `open` does, but for what makes it spill
   */
  open<T>(cell: C, open: (options: CellOptions) => T): T {
    try {
      return withPatience(SHORT, () => open(this.#optionsOf(cell, this.#place)))
    } catch (error) {
      const spills = error instanceof RseqError && SPILLS.has(error.code)
      if (!spills || this.region === Region.process) throw error
      warnOnce(error)
      const opened = open(this.#optionsOf(cell, this.#spillPlace))
      if (isPassing(error)) {
        this.#moving.add(cell)
        moveLater(this)
      } else this.#stays = true
      return opened
    }
  }

  /** What there is of a cell already, whoever has made it: open, until it is released. Nothing is made. */
  there(cell: C): Held | null {
    for (const place of this.places) {
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
      this.#stays = true
      warnOnce(error as Error)
    }
    this.#moving.delete(cell)
    return this.#moving.size > 0
  }

  get #spillPlace(): Place {
    return { region: Region.process, scope: this.#place.scope }
  }

  #optionsOf(cell: C, place: Place): CellOptions {
    return { region: place.region, labels: labelsIn(place, cell.labels), help: this.#help }
  }
}
