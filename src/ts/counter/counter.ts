import { backend } from '../backend/backend'
import { badNumber, rangeError } from '../base/validate'
import {
  type NamedOptions,
  openHandle,
  openNamed,
  openNew,
  type PerCpuHandle,
  type PerCpuOptions,
  present,
  refusal,
  writable,
} from '../region/entries'
import { openedBy, openInto, PerCpu, readOf, wrongThis } from '../region/object'
import { type ClassOf, objectOf, REFUSED } from '../region/opening'

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
  #id = REFUSED

  /**
   * A counter of its own, 0; other threads get it by its {@link handle}.
   *
   * @throws {TypeError | RangeError} for options that are none
   * @throws {RseqError} `ERR_RSEQ_REGION_FULL`, `ERR_RSEQ_NO_MEMORY`, `ERR_RSEQ_READ_ONLY`, `ERR_RSEQ_CLOSED`
   */
  constructor(options?: PerCpuOptions) {
    super()
    this.#id = openInto(this, 'counter', new.target, () => openNew('counter', options)).id
  }

  /**
   * The counter of that name and those labels: the same memory in every thread of the process, and in every process
   * that is attached to `options.region`. Made by the first that asks. On a subclass, an object of that, whose constructor
   * gets the options.
   *
   * Without the addon (`status().backend` is `portable`), threads find each other's names if they descend
   * from one thread that had imported rseq before it started them.
   *
   * @param name 1 to 240 bytes of UTF-8
   * @throws {TypeError | RangeError} for another name, or options that are none
   * @throws {RseqError} `ERR_RSEQ_KIND` where the name is taken by another kind or index, `ERR_RSEQ_REGION_FULL`,
   * `ERR_RSEQ_NO_MEMORY`, `ERR_RSEQ_READ_ONLY`, `ERR_RSEQ_CLOSED`, `ERR_RSEQ_REGION_BUSY`
   */
  static named<T extends PerCpuCounter = PerCpuCounter>(
    this: ClassOf<T, NamedOptions>,
    name: string,
    options?: NamedOptions,
  ): T {
    return objectOf(openNamed('counter', name, options), this ?? PerCpuCounter, options) as T
  }

  /**
   * The counter that another thread of this process sent, or another process that is attached to the same region.
   *
   * @throws {TypeError} for anything but a handle
   * @throws {RseqError} `ERR_RSEQ_HANDLE` for one of a region that this process does not have, or of a counter that was
   * removed; `ERR_RSEQ_KIND` for one of another kind
   */
  static from<T extends PerCpuCounter = PerCpuCounter>(
    this: ClassOf<T, NamedOptions>,
    handle: PerCpuHandle<'counter'>,
  ): T {
    return objectOf(openHandle('counter', handle), this ?? PerCpuCounter) as T
  }

  /**
   * Adds 1.
   *
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`
   */
  inc(): void {
    let id: number
    // Compiled, this is no more than `this.#id` alone; asking for `typeof this` first would be.
    try {
      id = this.#id
    } catch {
      throw wrongThis(this, 'counter', 'inc')
    }
    if (id < 0) throw refusal(openedBy(this, 'counter', 'inc'))
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
    let id: number
    try {
      id = this.#id
    } catch {
      throw wrongThis(this, 'counter', 'add')
    }
    // For small integers, V8 compiles these checks to none.
    if (typeof n === 'number' && (n | 0) === n && id >= 0) addInt32(id, n)
    else if (!Number.isSafeInteger(n)) throw badNumber('PerCpuCounter.add', SAFE, n)
    else if (id < 0) throw refusal(openedBy(this, 'counter', 'add'))
    else add(id, n)
  }

  /**
   * The sum since the last {@link drain}. Where all adds are positive it is between the totals at the reading's start and end.
   *
   * @throws {RangeError} where the sum is not a safe integer: use {@link valueBigInt}
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_REGION_LOST`, `ERR_RSEQ_REGION_DAMAGED`
   */
  get value(): number {
    const sum = readOf(this, 'counter', 'value', backend.value)
    if (Number.isNaN(sum))
      throw rangeError('PerCpuCounter.value', `${SAFE} (valueBigInt has no such bound)`, this.valueBigInt)
    return sum
  }

  /** As {@link value}, for any int64. */
  get valueBigInt(): bigint {
    return readOf(this, 'counter', 'valueBigInt', (region, entry) => backend.bigValue(region, entry, false))
  }

  /**
   * Reads and resets in one step, against any number of adding and draining threads and processes: each add is in
   * exactly one drain's result, or still in the value.
   *
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`, `ERR_RSEQ_REGION_LOST`, `ERR_RSEQ_REGION_DAMAGED`
   */
  drain(): bigint {
    const opening = writable(openedBy(this, 'counter', 'drain'))
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
    return new BigInt64Array(readOf(this, 'counter', 'perCpu', backend.cells))
  }

  /**
   * Gives up this object's hold of the counter. Once nobody holds it, no object of this process and no living process,
   * name and memory are free: the next of that name starts from 0. A thread or process that ends without it
   * removes nothing. Idempotent.
   */
  close(): void {
    const opening = openedBy(this, 'counter', 'close')
    this.#id = REFUSED
    opening.release()
  }

  /** @internal */
  protected override shown(): object {
    const value = this.valueBigInt
    return { value: BigInt(Number(value)) === value ? Number(value) : `${value}` }
  }
}
