import type { Region } from '../../region/region'
import type { Heap } from './heap'
import type { Labels } from './labels'

/** How to open what counts one set of labels. */
export interface CellOptions {
  readonly region: Region
  readonly labels: Record<string, string>
  readonly help: string
  /** Where it counts if it cannot be in a region. */
  readonly heap: Heap | null
}

/**
 * One set of labels of a metric: what `labels()` gives, and the same for the same labels. It is open from its first use
 * to its removal; used again, it is opened again.
 */
export interface Cell {
  readonly labels: Labels
  readonly isOpen: boolean
  open(options: CellOptions): void
  /** What there is of it already. */
  there(options: CellOptions): Held | null
  /**
   * Moves what the process counts to the metric's region.
   *
   * @throws {RseqError} then what was not moved counts on where it is
   */
  move(options: CellOptions): void
  /** Ends this thread's hold. */
  close(): void
  /** Back to 0, for all threads and processes. */
  reset(): void
}

/** Something that is open for a moment. */
export interface Held {
  release(): void
}
