import { rangeError, typeError } from './errors'
import { PerCpu } from './percpu'
import { cellOf, cells, handleCell, namedCell, opened, type PerCpuHandle, type PerCpuOptions } from './region'

const { inc, addInt32, add, value } = cells
const SAFE = `a safe integer, ${Number.MIN_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}`

/**
 * An int64 counter with one cell per possible CPU. Threads with rseq add in a critical section, without
 * atomic instructions; all others add atomically to one overflow cell. Every add counts exactly once,
 * whatever happens to the thread.
 *
 * The memory lives as long as the process: make counters once, at start, not per request.
 *
 * Ordering: relaxed. A reader sees each add eventually, and in no order with other memory.
 */
export class PerCpuCounter extends PerCpu<'counter'> {
  readonly #id: number

  /**
   * A counter of its own, 0; other threads get it by its {@link handle}.
   *
   * @throws {TypeError | RangeError} for options that are none
   * @throws {RseqError} `ERR_RSEQ_REGION_FULL`, `ERR_RSEQ_NO_MEMORY`
   */
  constructor(options?: PerCpuOptions) {
    const cell = cellOf('counter', options)
    super('counter', cell)
    this.#id = cell.id
  }

  /**
   * The counter of that name, the same memory in every thread of the process; made by the first that asks.
   *
   * Without the addon (`status().backend` is `portable`), threads find each other's names if they descend
   * from one thread that had imported rseq before it started them.
   *
   * @param name 1 to 240 bytes of UTF-8
   * @throws {TypeError | RangeError} for another name, or options that are none
   * @throws {RseqError} `ERR_RSEQ_KIND` where the name is taken by another kind or index, `ERR_RSEQ_REGION_FULL`,
   * `ERR_RSEQ_NO_MEMORY`
   */
  static named(name: string, options?: PerCpuOptions): PerCpuCounter {
    return new PerCpuCounter(opened(namedCell('counter', name, options)))
  }

  /**
   * The counter that another thread of this process sent.
   *
   * @throws {TypeError} for anything but a handle
   * @throws {RseqError} `ERR_RSEQ_HANDLE` for one from another process, `ERR_RSEQ_KIND` for one of another kind
   */
  static from(handle: PerCpuHandle<'counter'>): PerCpuCounter {
    return new PerCpuCounter(opened(handleCell('counter', handle)))
  }

  /** Adds 1. */
  inc(): void {
    inc(this.#id)
  }

  /**
   * Adds `n`, modulo 2⁶⁴.
   *
   * @param n a safe integer, negative too
   * @throws {TypeError | RangeError} for anything else; nothing is added
   */
  add(n: number): void {
    // For small integers, V8 compiles these checks to none.
    if (typeof n === 'number' && (n | 0) === n) addInt32(this.#id, n)
    else if (Number.isSafeInteger(n)) add(this.#id, n)
    else throw badAmount(n)
  }

  /**
   * The sum of all cells. Where all adds are positive it is between the true totals at the start and the
   * end of the reading.
   *
   * @throws {RangeError} where the sum is not a safe integer: use {@link valueBigInt}
   */
  get value(): number {
    const sum = value(this.#id)
    if (Number.isNaN(sum))
      throw rangeError('PerCpuCounter.value', `${SAFE} (valueBigInt has no such bound)`, this.valueBigInt)
    return sum
  }

  /** As {@link value}, for any int64. */
  get valueBigInt(): bigint {
    return BigInt.asIntN(
      64,
      this.perCpu().reduce((sum, cell) => sum + cell, 0n),
    )
  }

  /**
   * Every cell: one per possible CPU (or mm_cid), and last the overflow cell of threads without rseq.
   * A snapshot that later adds do not change.
   */
  perCpu(): BigInt64Array {
    return new BigInt64Array(this.bits())
  }
}

function badAmount(n: unknown): TypeError | RangeError {
  const what = 'PerCpuCounter.add'
  return typeof n === 'number' ? rangeError(what, SAFE, n) : typeError(what, SAFE, n)
}
