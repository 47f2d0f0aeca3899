import { PerCpuCounter } from './counter'
import { rangeError, typeError } from './errors'
import { PerCpu } from './percpu'
import { cells } from './region'

/**
 * Adds to many counters in one call: for code that notes several things per event, at a fraction of the price of as
 * many `add` calls. The counters are chosen once, the amounts come with every call.
 */
export class PerCpuBatch {
  readonly #ids: Uint32Array<ArrayBuffer>

  /**
   * @param counters in the order in which {@link add} takes amounts; one may stand more than once
   * @throws {TypeError} for anything but an array of {@link PerCpuCounter}
   */
  constructor(counters: readonly PerCpuCounter[]) {
    if (!Array.isArray(counters)) throw typeError('PerCpuBatch', 'an array of PerCpuCounter', counters)
    const ids = counters.map((counter, i) => {
      if (!(counter instanceof PerCpuCounter)) {
        throw typeError(`PerCpuBatch counters[${i}]`, 'a PerCpuCounter', counter)
      }
      return PerCpu.idOf(counter)
    })
    this.#ids = Uint32Array.from(ids)
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
   */
  add(amounts: Int32Array | Float64Array | readonly number[]): void {
    const checked = toAmounts(amounts, this.#ids.length)
    if (!cells.addMany(this.#ids, checked)) {
      const i = checked.findIndex((n: number) => !Number.isSafeInteger(n))
      throw rangeError(`PerCpuBatch.add amounts[${i}]`, 'a safe integer', checked[i])
    }
  }
}

function toAmounts(
  amounts: Int32Array | Float64Array | readonly number[],
  size: number,
): Int32Array | Float64Array {
  const what = 'PerCpuBatch.add amounts'
  const isTyped = amounts instanceof Int32Array || amounts instanceof Float64Array
  if (!isTyped && !Array.isArray(amounts)) {
    throw typeError(what, 'an Int32Array, a Float64Array or an array of numbers', amounts)
  }
  if (amounts.length !== size) throw rangeError(`${what}.length`, String(size), amounts.length)
  // Another thread could change shared memory between the check and the adds.
  if (isTyped) return amounts.buffer instanceof SharedArrayBuffer ? amounts.slice() : amounts
  const numbers = amounts as readonly unknown[]
  const wrong = numbers.findIndex((n) => typeof n !== 'number')
  if (wrong >= 0) throw typeError(`${what}[${wrong}]`, 'a safe integer', numbers[wrong])
  return Float64Array.from(numbers as readonly number[])
}
