import { RseqError } from '../base/errors'
import { rangeError, typeError } from '../base/validate'
import { RECORD } from '../contract/ring-calls'
import type { RingShape } from '../contract/ring-shape'

/** @internal In place of a record's position: the callback that it was for is over. */
export const OVER = -1

/** @internal Records that a drain has copied out, one after the other: nobody else sees this memory. */
export class Fill {
  readonly words: Float64Array
  readonly bytes: Uint8Array
  /** Words of each. */
  readonly stride: number
  readonly isBytes: boolean
  /** How many there is room for. */
  readonly room: number

  constructor({ fields, recordBytes }: RingShape) {
    const target = 8192
    this.isBytes = recordBytes > 0
    this.stride = RECORD.payload + (this.isBytes ? Math.ceil(recordBytes / 8) : fields)
    this.room = Math.ceil(target / this.stride)
    this.words = new Float64Array(this.room * this.stride)
    this.bytes = new Uint8Array(this.words.buffer)
  }
}

/** @internal Which of the fill's records a record is: the word where it begins, or {@link OVER}. */
export let place: (record: RingRecord, at: number) => void

/**
 * A record, in a drain's callback: one object for all records of a drain, which is about the next one when the callback
 * has returned. What it gives is a copy. After the callback, all of it throws `ERR_RSEQ_CLOSED`.
 */
export class RingRecord {
  readonly #fill: Fill
  #at = OVER

  static {
    place = (record, at) => {
      record.#at = at
    }
  }

  /** @internal */
  constructor(fill: Fill) {
    this.#fill = fill
  }

  /** The CPU that it was written on; −1 where the thread has no rseq. */
  get cpu(): number {
    return this.#fill.words[this.#begin() + RECORD.cpu] as number
  }

  /**
   * When it was written, in nanoseconds of `process.hrtime`'s clock, which all processes of a machine share; 0 in a ring
   * without timestamps. Above 2⁵³, 104 days after the machine's start, the nearest number.
   */
  get time(): number {
    return this.#fill.words[this.#begin() + RECORD.time] as number
  }

  /** How many numbers, or bytes, it has. */
  get length(): number {
    return this.#fill.words[this.#begin() + RECORD.length] as number
  }

  /**
   * Its i-th number, or byte.
   *
   * @param i 0 to {@link length} − 1
   * @throws {TypeError | RangeError} for anything else
   */
  get(i: number): number {
    const { words, bytes, isBytes } = this.#fill
    const at = this.#begin()
    if (typeof i !== 'number') throw typeError('RingRecord.get', 'an index', i)
    const length = words[at + RECORD.length] as number
    if (!Number.isInteger(i) || i < 0 || i >= length) {
      throw rangeError('RingRecord.get', `an integer from 0 to ${length - 1}`, i)
    }
    return (isBytes ? bytes[(at + RECORD.payload) * 8 + i] : words[at + RECORD.payload + i]) as number
  }

  /** Its numbers. @throws {TypeError} where it has bytes */
  values(): Float64Array {
    const { words, isBytes } = this.#fill
    const begin = this.#begin() + RECORD.payload
    if (isBytes) throw typeError('this of RingRecord.values', 'a record of numbers', this)
    return words.slice(begin, begin + this.length)
  }

  /** Its bytes. @throws {TypeError} where it has numbers */
  bytes(): Uint8Array {
    const { bytes, isBytes } = this.#fill
    const begin = (this.#begin() + RECORD.payload) * 8
    if (!isBytes) throw typeError('this of RingRecord.bytes', 'a record of bytes', this)
    return bytes.slice(begin, begin + this.length)
  }

  #begin(): number {
    if (this.#at === OVER) {
      throw new RseqError(
        'ERR_RSEQ_CLOSED',
        "RingRecord: it was read after its drain's callback had returned",
      )
    }
    return this.#at
  }
}

/** A record that stays: what a ring's iterator gives. */
export type RingItem = {
  readonly cpu: number
  readonly time: number
} & (
  | {
      /** Of a ring of numbers. */
      readonly values: Float64Array
      readonly bytes?: undefined
    }
  | {
      /** Of a ring of bytes. */
      readonly bytes: Uint8Array
      readonly values?: undefined
    }
)

/** @internal */
export function itemOf(record: RingRecord, isBytes: boolean): RingItem {
  const { cpu, time } = record
  return Object.freeze(
    isBytes ? { cpu, time, bytes: record.bytes() } : { cpu, time, values: record.values() },
  )
}
