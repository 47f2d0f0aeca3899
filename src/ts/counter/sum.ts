import { backend } from '../backend/backend'
import { badNumber } from '../base/validate'
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

const { addFloat } = backend

/**
 * A float64 sum with one cell per possible CPU: {@link PerCpuCounter} for amounts that are not integers.
 * Every add counts exactly once; what is rounded is each cell's addition, as in `a += b`.
 *
 * Ordering: relaxed.
 */
export class PerCpuSum extends PerCpu<'sum'> {
  #id = REFUSED

  /**
   * A sum of its own, 0; other threads get it by its {@link handle}.
   *
   * @throws as the constructor of `PerCpuCounter`
   */
  constructor(options?: PerCpuOptions) {
    super()
    this.#id = openInto(this, 'sum', new.target, () => openNew('sum', options)).id
  }

  /**
   * The sum of that name and those labels: as `PerCpuCounter.named`, in the same name space.
   *
   * @param name 1 to 240 bytes of UTF-8
   * @throws as `PerCpuCounter.named`
   */
  static named<T extends PerCpuSum = PerCpuSum>(
    this: ClassOf<T, NamedOptions>,
    name: string,
    options?: NamedOptions,
  ): T {
    return objectOf(openNamed('sum', name, options), this ?? PerCpuSum, options) as T
  }

  /**
   * The sum that another thread of this process sent, or another process that is attached to the same region.
   *
   * @throws as `PerCpuCounter.from`
   */
  static from<T extends PerCpuSum = PerCpuSum>(
    this: ClassOf<T, NamedOptions>,
    handle: PerCpuHandle<'sum'>,
  ): T {
    return objectOf(openHandle('sum', handle), this ?? PerCpuSum) as T
  }

  /**
   * Adds 1.
   *
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`
   */
  inc(): void {
    this.add(1)
  }

  /**
   * Adds `x`.
   *
   * @param x a finite number
   * @throws {TypeError | RangeError} for anything else; nothing is added
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`
   */
  add(x: number): void {
    let id: number
    try {
      id = this.#id
    } catch {
      throw wrongThis(this, 'sum', 'add')
    }
    if (!Number.isFinite(x)) throw badNumber('PerCpuSum.add', 'a finite number', x)
    if (id < 0) throw refusal(openedBy(this, 'sum', 'add'))
    addFloat(id, x)
  }

  /**
   * The sum since the last {@link drain}; ±Infinity or NaN where the cells' own sums left the range of a double.
   *
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_REGION_LOST`, `ERR_RSEQ_REGION_DAMAGED`
   */
  get value(): number {
    return readOf(this, 'sum', 'value', backend.floatValue)
  }

  /**
   * Reads and resets in one step, as `PerCpuCounter.drain`: each add is in exactly one result. Cells go on from where
   * they are, so that what is drained is rounded as the total is: to about 10⁻¹⁶ of all that was ever added.
   *
   * @throws as `PerCpuCounter.drain`
   */
  drain(): number {
    const opening = writable(openedBy(this, 'sum', 'drain'))
    return present(backend.drainFloat(opening.number, opening.entry), opening)
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
  perCpu(): Float64Array {
    return new Float64Array(readOf(this, 'sum', 'perCpu', backend.cells))
  }

  /** As `PerCpuCounter.close`. */
  close(): void {
    const opening = openedBy(this, 'sum', 'close')
    this.#id = REFUSED
    opening.release()
  }

  /** @internal */
  protected override shown(): object {
    return { value: this.value }
  }
}
