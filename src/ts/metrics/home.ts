import { isPassing, SHORT, withPatience } from '../region/patience'
import { Region } from '../region/region'
import type { Cell, CellOptions } from './cell'
import { type Movable, moveLater } from './moving'

/**
 * Where the cells of a metric are opened: in its region, or in the process if they cannot be there. Cells that met a busy
 * lock or no memory are moved to the region later, see moving.ts.
 */
export abstract class Home implements Movable {
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
