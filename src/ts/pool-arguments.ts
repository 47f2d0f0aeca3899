import { typedArrayLength, typedArrayName } from './arrays'
import { RseqError, rangeError, typeError } from './errors'
import { REFUSAL } from './pool-calls'

/** Whether it is the number of one of so many slots. */
export function isSlot(slot: unknown, slots: number): slot is number {
  return typeof slot === 'number' && slot >>> 0 === slot && slot < slots
}

/** For what is no slot's number. */
export function badSlot(what: string, slot: unknown, slots: number): Error {
  const expected = `a slot, 0 to ${slots - 1}`
  const name = `PerCpuPool.${what}`
  return typeof slot === 'number' ? rangeError(name, expected, slot) : typeError(name, expected, slot)
}

/** For a count that is not 0 to `length`. */
export function badCount(count: unknown, length: number): Error {
  const what = 'PerCpuPool.releaseMany count'
  const expected = `an integer, 0 to ${length}`
  return typeof count === 'number' ? rangeError(what, expected, count) : typeError(what, expected, count)
}

/**
 * The number of elements that an array of slots really has.
 *
 * @throws {TypeError} for anything but an Int32Array or a Uint32Array
 */
export function lengthOf(what: string, array: unknown): number {
  const name = typedArrayName(array)
  if (name === 'Int32Array' || name === 'Uint32Array') return typedArrayLength(array)
  throw typeError(`PerCpuPool.${what}`, 'an Int32Array or a Uint32Array', array)
}

/** @param refused one of {@link REFUSAL} */
export function refusedSlot(what: string, refused: number, slot: number, slots: number): Error {
  if (refused === REFUSAL.outside) return badSlot(what, slot, slots)
  if (refused === REFUSAL.noMemory)
    return new RseqError('ERR_RSEQ_NO_MEMORY', `PerCpuPool.${what}: no memory`)
  const why =
    refused === REFUSAL.foreign
      ? 'another process holds it; its slots can be reclaimed once it has died'
      : 'nobody holds it: it was never acquired, or released before, or is there twice'
  return new RseqError('ERR_RSEQ_SLOT', `PerCpuPool.${what}: slot ${slot}: ${why}`)
}
