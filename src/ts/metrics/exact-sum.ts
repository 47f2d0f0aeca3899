import type { PerCpuCounter } from '../counter/counter'
import type { PerCpuSum } from '../counter/sum'
import { Cell, type CellOptions, type CellOwner, FRACTIONS, INTEGERS } from './cell'

/** A sum of integers, which is exact, and of fractions, in a double beside them that is made with the first one. */
export abstract class ExactSum extends Cell<PerCpuCounter> {
  #fractions: PerCpuSum | null = null

  constructor(owner: CellOwner, labels: Record<string, string | number>) {
    super(owner, labels, INTEGERS)
  }

  override move(options: CellOptions): void {
    super.move(options)
    this.#fractions = this.moved(FRACTIONS, this.#fractions, options)
  }

  override close(): void {
    super.close()
    this.owner.holds.end(this.#fractions)
    this.#fractions = null
  }

  override reset(): void {
    super.reset()
    this.#fractions?.reset()
  }

  protected addFraction(x: number): void {
    this.#fractions ??= this.owner.placed(this, (options) => this.opened(FRACTIONS, options))
    this.#fractions.add(x)
  }
}
