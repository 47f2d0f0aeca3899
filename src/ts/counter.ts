import { backend } from './backend'
import {
  type NamedOptions,
  type Opening,
  openHandle,
  openingOf,
  openNamed,
  type PerCpuHandle,
  type PerCpuOptions,
  present,
  REFUSED,
  refusal,
  usable,
} from './entries'
import { rangeError, typeError } from './errors'
import { openInto, PerCpu } from './percpu'

const { inc, addInt32, add } = backend
const SAFE = `a safe integer, ${Number.MIN_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}`

/**
 * An int64 counter with one cell per possible CPU. Threads with rseq add in a critical section, without
 * atomic instructions; all others add atomically to one overflow cell. Every add counts exactly once,
 * whatever happens to the thread, or in a shared region to the process.
 *
 * Ordering: relaxed. A reader sees each add eventually, and in no order with other memory.
 */
export class PerCpuCounter extends PerCpu<'counter'> {
  readonly #opening: Opening
  #id: number

  /**
   * A counter of its own, 0; other threads get it by its {@link handle}.
   *
   * @throws {TypeError | RangeError} for options that are none
   * @throws {RseqError} `ERR_RSEQ_REGION_FULL`, `ERR_RSEQ_NO_MEMORY`, `ERR_RSEQ_READ_ONLY`, `ERR_RSEQ_CLOSED`
   */
  constructor(options?: PerCpuOptions) {
    super('counter')
    const opening = openInto(this, () => openingOf('counter', options))
    this.#opening = opening
    this.#id = opening.id
  }

  /**
   * The counter of that name and those labels: the same memory in every thread of the process, and in every process
   * that is attached to `options.region`. Made by the first that asks.
   *
   * Without the addon (`status().backend` is `portable`), threads find each other's names if they descend
   * from one thread that had imported rseq before it started them.
   *
   * @param name 1 to 240 bytes of UTF-8
   * @throws {TypeError | RangeError} for another name, or options that are none
   * @throws {RseqError} `ERR_RSEQ_KIND` where the name is taken by another kind or index, `ERR_RSEQ_REGION_FULL`,
   * `ERR_RSEQ_NO_MEMORY`, `ERR_RSEQ_READ_ONLY`, `ERR_RSEQ_CLOSED`, `ERR_RSEQ_REGION_BUSY`
   */
  static named(name: string, options?: NamedOptions): PerCpuCounter {
    return new PerCpuCounter(openNamed('counter', name, options) as PerCpuOptions)
  }

  /**
   * The counter that another thread of this process sent, or another process that is attached to the same region.
   *
   * @throws {TypeError} for anything but a handle
   * @throws {RseqError} `ERR_RSEQ_HANDLE` for one of a region that this process does not have, or of a counter that was
   * removed; `ERR_RSEQ_KIND` for one of another kind
   */
  static from(handle: PerCpuHandle<'counter'>): PerCpuCounter {
    return new PerCpuCounter(openHandle('counter', handle) as PerCpuOptions)
  }

  /**
   * Adds 1.
   *
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`
   */
  inc(): void {
    const id = this.#id
    if (id < 0) throw refusal(this.#opening)
    inc(id)
  }

  /**
   * Adds `n`, modulo 2⁶⁴.
   *
   * @param n a safe integer, negative too
   * @throws {TypeError | RangeError} for anything else; nothing is added
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`
   */
  add(n: number): void {
    const id = this.#id
    // For small integers, V8 compiles these checks to none.
    if (typeof n === 'number' && (n | 0) === n && id >= 0) addInt32(id, n)
    else if (!Number.isSafeInteger(n)) throw badAmount(n)
    else if (id < 0) throw refusal(this.#opening)
    else add(id, n)
  }

  /**
   * The sum of all cells since the last {@link drain}. Where all adds are positive it is between the true totals at
   * the start and the end of the reading.
   *
   * @throws {RangeError} where the sum is not a safe integer: use {@link valueBigInt}
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_REGION_LOST`, `ERR_RSEQ_REGION_DAMAGED`
   */
  get value(): number {
    const opening = this.#opening
    const sum = present(backend.value(opening.number, opening.entry), opening)
    if (Number.isNaN(sum))
      throw rangeError('PerCpuCounter.value', `${SAFE} (valueBigInt has no such bound)`, this.valueBigInt)
    return sum
  }

  /** As {@link value}, for any int64. */
  get valueBigInt(): bigint {
    const opening = this.#opening
    return present(backend.bigValue(opening.number, opening.entry, false), opening)
  }

  /**
   * Reads and resets in one step, against any number of adding and draining threads and processes: each add is in
   * exactly one drain's result, or still in the value.
   *
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`, `ERR_RSEQ_REGION_LOST`, `ERR_RSEQ_REGION_DAMAGED`
   */
  drain(): bigint {
    const opening = usable(this.#opening)
    if (opening.id < 0) throw refusal(opening)
    return present(backend.bigValue(opening.number, opening.entry, true), opening)
  }

  /** As {@link drain}, where nobody wants to know. */
  reset(): void {
    this.drain()
  }

  /**
   * Every cell: one per possible CPU (or mm_cid), and last the overflow cell of threads without rseq. A snapshot that
   * later adds do not change, of all that was ever added: draining does not touch the cells.
   *
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_REGION_LOST`, `ERR_RSEQ_REGION_DAMAGED`
   */
  perCpu(): BigInt64Array {
    const opening = this.#opening
    return new BigInt64Array(present(backend.cells(opening.number, opening.entry), opening))
  }

  /**
   * Gives up this object's hold of the counter. Once nobody holds it, no object of this process and no living process,
   * name and memory are free: the next of that name starts from 0. A thread or process that ends without it
   * removes nothing. Idempotent.
   */
  close(): void {
    this.#id = REFUSED
    this.#opening.release()
  }

  /** @internal */
  protected override shown(): object {
    const value = this.valueBigInt
    return { value: BigInt(Number(value)) === value ? Number(value) : `${value}` }
  }
}

function badAmount(n: unknown): TypeError | RangeError {
  const what = 'PerCpuCounter.add'
  return typeof n === 'number' ? rangeError(what, SAFE, n) : typeError(what, SAFE, n)
}
