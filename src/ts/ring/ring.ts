import { backend } from '../backend/backend'
import { checkFunction, typeError } from '../base/validate'
import { COUNTS, VERDICT } from '../contract/ring-calls'
import type { RingMode, RingShape } from '../contract/ring-shape'
import { openHandle, type PerCpuHandle, refusal, writable } from '../region/entries'
import { openedBy, openInto, PerCpu, readOf, wrongThis } from '../region/object'
import { type ClassOf, objectOf, REFUSED } from '../region/opening'
import { checkBytes, checkFields, maxOf } from './arguments'
import { Consumer } from './consumer'
import { checkRecordsOptions, iterate, type RingRecordsOptions } from './iterator'
import { type NamedRingOptions, openNamedRing, openRing, type RingOptions, shapeIn } from './opening'
import { itemOf, type RingItem, type RingRecord } from './record'

const { ringWrite, ringWriteBytes } = backend

/** Records that were not read. */
export interface RingLost {
  /** There was no room for them. */
  readonly discarded: number
  /** They were written over before they were read. */
  readonly overwritten: number
  /** Both. */
  readonly total: number
}

/**
 * A buffer of events with one ring per possible CPU: many threads and processes write, one consumer at a time drains.
 * Threads with rseq write a record, and the number that says that it is there, in one critical section; all others
 * write to one more ring, under a lock. A record is there whole or not at all, whatever happens to the thread or
 * process, and what is lost is counted: every record that was written was drained, was written over, or is pending.
 *
 * Ordering: who has read a record sees what its writer wrote before it. A drain's records are in order of their time.
 */
export class PerCpuRing extends PerCpu<'ring'> {
  readonly #shape: RingShape
  readonly #fields: number
  readonly #consumer: Consumer
  #id = REFUSED

  /**
   * A ring of its own, empty; other threads get it by its {@link handle}.
   *
   * @throws as the constructor of `PerCpuCounter`
   */
  constructor(options?: RingOptions) {
    super()
    const opening = openInto(this, 'ring', new.target, () => openRing(options))
    this.#shape = shapeIn(opening)
    this.#fields = this.#shape.fields
    this.#consumer = new Consumer(opening, this.#shape)
    this.#id = opening.id
  }

  /**
   * The ring of that name and those labels: as `PerCpuCounter.named`, in the same name space. Where it is there already,
   * options may leave out what it is.
   *
   * @param name 1 to 240 bytes of UTF-8
   * @throws {RseqError} `ERR_RSEQ_KIND` also where it has another capacity, size, mode or timestamp than the options say;
   * else as `PerCpuCounter.named`
   */
  static named<T extends PerCpuRing = PerCpuRing>(
    this: ClassOf<T, NamedRingOptions>,
    name: string,
    options?: NamedRingOptions,
  ): T {
    return objectOf(openNamedRing(name, options), this ?? PerCpuRing, options) as T
  }

  /**
   * The ring that another thread of this process sent, or another process that is attached to the same region.
   *
   * @throws as `PerCpuCounter.from`
   */
  static from<T extends PerCpuRing = PerCpuRing>(
    this: ClassOf<T, NamedRingOptions>,
    handle: PerCpuHandle<'ring'>,
  ): T {
    return objectOf(openHandle('ring', handle), this ?? PerCpuRing) as T
  }

  /**
   * Writes a record of numbers, exactly as many as the ring has {@link fields}; any numbers, NaN too.
   *
   * @returns false where it was discarded: there was no room, or, without rseq, no turn. That is counted.
   * @throws {TypeError | RangeError} for other arguments, and for a ring of bytes; nothing is written
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`
   */
  write(a: number, b?: number, c?: number, d?: number): boolean
  write(a: number, b?: number, c?: number, d?: number, more?: unknown): boolean {
    let id: number
    try {
      id = this.#id
    } catch {
      throw wrongThis(this, 'ring', 'write')
    }
    const fields = this.#fields
    if (id >= 0 && typeof a === 'number' && more === undefined) {
      if (typeof b === 'number') {
        if (typeof c === 'number') {
          if (typeof d === 'number') {
            if (fields === 4) return ringWrite(id, a, b, c, d) > 0
          } else if (fields === 3 && d === undefined) return ringWrite(id, a, b, c, 0) > 0
        } else if (fields === 2 && c === undefined && d === undefined) return ringWrite(id, a, b, 0, 0) > 0
      } else if (fields === 1 && b === undefined && c === undefined && d === undefined)
        return ringWrite(id, a, 0, 0, 0) > 0
    }
    checkFields([a, b, c, d, more], fields)
    throw refusal(openedBy(this, 'ring', 'write'))
  }

  /**
   * Writes a record of bytes: a copy.
   *
   * @param bytes a `Uint8Array` (so a `Buffer`) or `DataView` of 0 to {@link recordBytes} bytes
   * @returns as {@link write}
   * @throws {TypeError | RangeError} for anything else, and for a ring of numbers; nothing is written
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`
   */
  writeBytes(bytes: Uint8Array | DataView): boolean {
    const what = 'PerCpuRing.writeBytes'
    const opening = openedBy(this, 'ring', 'writeBytes')
    if (this.#fields !== 0) throw typeError(`this of ${what}`, 'a ring of bytes', this)
    const view = checkBytes(bytes, this.#shape.recordBytes)
    if (this.#id < 0) throw refusal(opening)
    const verdict = ringWriteBytes(this.#id, view)
    if (verdict === VERDICT.unfit) throw typeError(what, 'memory that stays as it is', bytes)
    return verdict === VERDICT.written
  }

  /**
   * Consumes the records that are there now, in order of their time (without timestamps: CPU by CPU), calling
   * `callback` for each. With timestamps, what is in it has its causes in it too, or in a drain before: a record that
   * may miss some waits for the next drain.
   *
   * Where the callback throws, the records before it are consumed, and this one is not: it comes again. Each record is
   * drained once; only if a consumer's thread or process dies in a drain, the next one gets again what the dead one had
   * not finished. Without the addon a consumer that takes more than two seconds for 64 records counts as dead.
   *
   * @param callback gets one object for all records: what is to stay of it must be copied
   * @param options `max`: records at most, a safe integer
   * @returns how many
   * @throws {TypeError | RangeError} for other arguments
   * @throws {RseqError} `ERR_RSEQ_CONSUMER` while another consumer drains the ring, and within the callback of a drain;
   * `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`, `ERR_RSEQ_REGION_LOST`, `ERR_RSEQ_REGION_DAMAGED`
   */
  drain(callback: (record: RingRecord) => void, options?: { readonly max?: number }): number {
    openedBy(this, 'ring', 'drain')
    checkFunction('PerCpuRing.drain', callback)
    return this.#drain(callback, maxOf(options))
  }

  /**
   * The records as they come, copied, each consumed when it is asked for. Looks again after `interval` where there is
   * none; ends when the ring is closed, the signal is aborted, or the loop is left. Keeps the process alive.
   *
   * @throws {TypeError | RangeError} for options that are none
   * @throws {RseqError} from the iteration: as {@link drain}
   */
  records(options?: RingRecordsOptions): AsyncGenerator<RingItem, void, undefined> {
    const opening = openedBy(this, 'ring', 'records')
    const [interval, signal] = checkRecordsOptions(options)
    const next = (): RingItem | undefined | null => {
      let item: RingItem | undefined
      if (opening.closed) return null
      this.#drain((record) => {
        item = itemOf(record, this.#fields === 0)
      }, 1)
      return item
    }
    return iterate(next, interval, signal)
  }

  /** As {@link records}. */
  [Symbol.asyncIterator](): AsyncGenerator<RingItem, void, undefined> {
    return this.records()
  }

  /** Records that were ever written, those that were discarded not counted. */
  get written(): number {
    return this.#counts('written')[COUNTS.written] as number
  }

  /** Records that were never read, and never will be. */
  get lost(): RingLost {
    const counts = this.#counts('lost')
    const discarded = counts[COUNTS.discarded] as number
    const overwritten = counts[COUNTS.overwritten] as number
    return Object.freeze({ discarded, overwritten, total: discarded + overwritten })
  }

  /** Records that can be drained. */
  get pending(): number {
    return this.#counts('pending')[COUNTS.pending] as number
  }

  /** Records that it keeps for each CPU. */
  get capacity(): number {
    return this.#shape.capacity
  }

  /** Numbers of each record; 0 where records are bytes. */
  get fields(): number {
    return this.#shape.fields
  }

  /** Bytes of each record, at most; 0 where records are numbers. */
  get recordBytes(): number {
    return this.#shape.recordBytes
  }

  /** What a full ring does. */
  get mode(): RingMode {
    return this.#shape.mode
  }

  /** Whether records have a time. */
  get timestamp(): boolean {
    return this.#shape.timestamp
  }

  /** As `PerCpuCounter.close`. In a drain's callback, this record is the last one. */
  close(): void {
    const opening = openedBy(this, 'ring', 'close')
    this.#consumer.keep()
    this.#id = REFUSED
    opening.release()
  }

  /** @internal */
  protected override shown(): object {
    const [written, discarded, overwritten, pending] = this.#counts('toJSON')
    return { written, lost: { discarded, overwritten }, pending }
  }

  #drain(callback: (record: RingRecord) => void, most: number): number {
    writable(openedBy(this, 'ring', 'drain'))
    return this.#consumer.drain(callback, most)
  }

  #counts(what: string): Float64Array {
    const out = new Float64Array(COUNTS.length)
    return readOf(this, 'ring', what, (region, entry) =>
      backend.ringCounts(region, entry, out) ? out : undefined,
    )
  }
}
