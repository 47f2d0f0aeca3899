import type { Kind, StripeIndex } from './cells'
import { type Cell, cells, handleOf, type PerCpuHandle } from './region'

/** What every per-CPU object has beside its operations. */
export abstract class PerCpu<K extends Kind> {
  readonly #kind: K
  readonly #cell: Cell

  /** @internal */
  protected constructor(kind: K, cell: Cell) {
    this.#kind = kind
    this.#cell = cell
  }

  /** @internal */
  static idOf(object: PerCpu<Kind>): number {
    return object.#cell.id
  }

  /** The name, or null. */
  get name(): string | null {
    return this.#cell.name
  }

  /** What chooses a thread's cell. */
  get index(): StripeIndex {
    return this.#cell.index
  }

  /** For `postMessage`: `from(handle)` in another thread of this process is this object. */
  get handle(): PerCpuHandle<K> {
    return handleOf(this.#kind, this.#cell)
  }

  /** Every cell's 8 bytes, a copy. */
  protected bits(): ArrayBuffer {
    return cells.bits(this.#cell.id)
  }
}
