import type { Attributes, Context } from '@opentelemetry/api'
import type { IAttributesProcessor } from '@opentelemetry/sdk-metrics'
import { labelsOf } from '../model/attributes'
import { api, sdk } from '../model/peer'
import { type Cell, type CellPlan, makeCell, NO_CELL } from './cells'

const OVERFLOW: Attributes = { 'otel.metric.overflow': true }

/** What comes out of these follows from the attributes alone, and can be kept. */
const LASTING = [sdk.createAllowListAttributesProcessor([]), sdk.createDenyListAttributesProcessor([])].map(
  (one) => one.constructor,
)

/** The cells of one stream that this thread writes to. */
export class Storage {
  readonly #plan: CellPlan
  readonly #processors: readonly IAttributesProcessor[]
  readonly #limit: number
  readonly #cells = new Map<string, Cell>()
  #overflow: Cell | null = null
  /** The same attributes always have the same cell. */
  readonly isLasting: boolean

  /** @param limit of sets of attributes, one of which is that of all others */
  constructor(plan: CellPlan, processors: readonly IAttributesProcessor[], limit: number) {
    this.#plan = plan
    this.#processors = processors
    this.#limit = limit - 1
    this.isLasting = processors.every((one) => LASTING.includes(one.constructor))
  }

  get plan(): CellPlan {
    return this.#plan
  }

  /** Never throws. */
  cellOf(attributes: Attributes, context: Context | undefined): Cell {
    try {
      let processed = attributes
      for (const one of this.#processors) processed = one.process(processed, context)
      const labels = labelsOf(processed)
      const key = JSON.stringify(labels)
      const known = this.#cells.get(key)
      if (known !== undefined) return known
      if (this.#cells.size >= this.#limit) return this.#others()
      const cell = makeCell(this.#plan, labels)
      this.#cells.set(key, cell)
      return cell
    } catch (error) {
      api.diag.error(`${this.#plan.stream.name}: attributes that cannot be kept`, error)
      return NO_CELL
    }
  }

  /** Whether that is the cell of all for whom there was no room. It is not worth remembering who they were. */
  isOverflow(cell: Cell): boolean {
    return cell === this.#overflow
  }

  #others(): Cell {
    this.#overflow ??= makeCell(this.#plan, labelsOf(OVERFLOW))
    return this.#overflow
  }
}
