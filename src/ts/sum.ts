import { rangeError, typeError } from './errors'
import { PerCpu } from './percpu'
import { cellOf, cells, handleCell, namedCell, opened, type PerCpuHandle, type PerCpuOptions } from './region'

const { addFloat, floatValue } = cells

/**
 * A float64 sum with one cell per possible CPU: {@link PerCpuCounter} for amounts that are not integers.
 * Every add counts exactly once; what is rounded is each cell's addition, as in `a += b`.
 *
 * The memory lives as long as the process. Ordering: relaxed.
 */
export class PerCpuSum extends PerCpu<'sum'> {
  readonly #id: number

  /**
   * A sum of its own, 0; other threads get it by its {@link handle}.
   *
   * @throws {TypeError | RangeError} for options that are none
   * @throws {RseqError} `ERR_RSEQ_REGION_FULL`, `ERR_RSEQ_NO_MEMORY`
   */
  constructor(options?: PerCpuOptions) {
    const cell = cellOf('sum', options)
    super('sum', cell)
    this.#id = cell.id
  }

  /**
   * The sum of that name: as `PerCpuCounter.named`, in the same name space.
   *
   * @param name 1 to 240 bytes of UTF-8
   * @throws {TypeError | RangeError} for another name, or options that are none
   * @throws {RseqError} `ERR_RSEQ_KIND`, `ERR_RSEQ_REGION_FULL`, `ERR_RSEQ_NO_MEMORY`
   */
  static named(name: string, options?: PerCpuOptions): PerCpuSum {
    return new PerCpuSum(opened(namedCell('sum', name, options)))
  }

  /**
   * The sum that another thread of this process sent.
   *
   * @throws {TypeError} for anything but a handle
   * @throws {RseqError} `ERR_RSEQ_HANDLE`, `ERR_RSEQ_KIND`
   */
  static from(handle: PerCpuHandle<'sum'>): PerCpuSum {
    return new PerCpuSum(opened(handleCell('sum', handle)))
  }

  /** Adds 1. */
  inc(): void {
    addFloat(this.#id, 1)
  }

  /**
   * Adds `x`.
   *
   * @param x a finite number
   * @throws {TypeError | RangeError} for anything else; nothing is added
   */
  add(x: number): void {
    if (!Number.isFinite(x)) throw badAmount(x)
    addFloat(this.#id, x)
  }

  /** The sum of all cells; ±Infinity or NaN where the cells' own sums left the range of a double. */
  get value(): number {
    return floatValue(this.#id)
  }

  /**
   * Every cell: one per possible CPU (or mm_cid), and last the overflow cell of threads without rseq.
   * A snapshot that later adds do not change.
   */
  perCpu(): Float64Array {
    return new Float64Array(this.bits())
  }
}

function badAmount(x: unknown): TypeError | RangeError {
  const what = 'PerCpuSum.add'
  return typeof x === 'number'
    ? rangeError(what, 'a finite number', x)
    : typeError(what, 'a finite number', x)
}
