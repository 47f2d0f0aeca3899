import { backend } from '../backend/backend'
import { lengthAs } from '../base/arrays'
import { RseqError } from '../base/errors'
import { badNumber, rangeError, typeError } from '../base/validate'
import { openAgain, refusal, usable } from '../region/entries'
import { openingIn } from '../region/object'
import type { Opening } from '../region/opening'
import type { PerCpuCounter } from './counter'

const { addMany } = backend

/**
 * Adds to many counters in one call: for code that notes several things per event, at a fraction of the price of as
 * many `add` calls. The counters are chosen once, the amounts come with every call. It holds its counters open.
 */
export class PerCpuBatch {
  readonly #openings: Opening[]
  readonly #ids: Uint32Array<ArrayBuffer>
  #closed = false

  /**
   * @param counters in the order in which {@link add} takes amounts; one may stand more than once
   * @throws {TypeError} for anything but an array of {@link PerCpuCounter}
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`
   */
  constructor(counters: readonly PerCpuCounter[]) {
    if (!Array.isArray(counters)) throw typeError('PerCpuBatch', 'an array of PerCpuCounter', counters)
    const { length } = counters
    const found: Opening[] = []
    // Each is read once, and checked before the next one is read: `length` may promise more than there is.
    for (let i = 0; i < length; i++) {
      const counter: unknown = counters[i]
      const opening = openingIn(counter)
      if (opening?.kind !== 'counter')
        throw typeError(`PerCpuBatch counters[${i}]`, 'a PerCpuCounter', counter)
      if (usable(opening).id < 0) throw refusal(opening)
      found.push(opening)
    }
    this.#openings = found.map(openAgain)
    this.#ids = Uint32Array.from(this.#openings, ({ id }) => id)
  }

  /** Number of counters. */
  get size(): number {
    return this.#ids.length
  }

  /**
   * Adds `amounts[i]` to the i-th counter. Each add counts exactly once, as with `PerCpuCounter.add`; the call as a
   * whole is not atomic: a reader may see some of the adds before others.
   *
   * @param amounts as many safe integers as there are counters; an `Int32Array` is the fastest
   * @throws {TypeError | RangeError} for anything else; nothing is added then
   * @throws {RseqError} `ERR_RSEQ_CLOSED`
   */
  add(amounts: Int32Array | Float64Array | readonly number[]): void {
    const ids = this.#ids
    if (this.#closed) throw closed()
    const checked = toAmounts(amounts, ids.length)
    // Again: an element's getter may have closed it.
    if (this.#closed) throw closed()
    const result = addMany(ids, checked)
    if (result === 0) return
    if (result < 0) throw typeError('PerCpuBatch.add amounts', 'memory that stays as it is', amounts)
    throw rangeError(`PerCpuBatch.add amounts[${result - 1}]`, 'a safe integer', checked[result - 1])
  }

  /** Gives up its hold of the counters. Idempotent. */
  close(): void {
    this.#closed = true
    for (const opening of this.#openings) opening.release()
  }
}

function closed(): RseqError {
  return new RseqError('ERR_RSEQ_CLOSED', 'PerCpuBatch: it was closed')
}

function toAmounts(
  amounts: Int32Array | Float64Array | readonly number[],
  size: number,
): Int32Array | Float64Array {
  const what = 'PerCpuBatch.add amounts'
  const typed = lengthAs(amounts, 'Int32Array', 'Float64Array')
  const isTyped = typed >= 0
  if (!isTyped && !Array.isArray(amounts)) {
    throw typeError(what, 'an Int32Array, a Float64Array or an array of numbers', amounts)
  }
  const length = isTyped ? typed : amounts.length
  if (length !== size) throw rangeError(`${what}.length`, String(size), length)
  if (isTyped) return amounts as Int32Array | Float64Array
  const copy = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    const amount: unknown = amounts[i]
    if (typeof amount !== 'number') throw badNumber(`${what}[${i}]`, 'a safe integer', amount)
    copy[i] = amount
  }
  return copy
}
