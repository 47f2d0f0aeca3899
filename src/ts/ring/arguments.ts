import { bytesOfView, isDetached, lengthAs } from '../base/arrays'
import { checkObject, numberOf, rangeError, typeError } from '../base/validate'

/** A drain's. */
export function maxOf(options: { readonly max?: number } | undefined): number {
  const what = 'PerCpuRing.drain options'
  if (options === undefined) return Number.MAX_SAFE_INTEGER
  checkObject(what, options)
  const { max = Number.MAX_SAFE_INTEGER } = options
  const isRight = (x: number): boolean => Number.isSafeInteger(x) && x >= 0
  return numberOf(`${what}.max`, max, 'a safe integer, at least 0', isRight)
}

/** @throws {TypeError | RangeError} where these are not as many numbers as a record has */
export function checkFields(given: readonly unknown[], fields: number): void {
  const what = 'PerCpuRing.write'
  if (fields === 0)
    throw typeError(`this of ${what}`, 'a ring of numbers (writeBytes is for one of bytes)', given[0])
  for (let i = 0; i < fields; i++) {
    if (typeof given[i] !== 'number') throw typeError(`${what} argument ${i + 1}`, 'a number', given[i])
  }
  const count = given.findLastIndex((argument) => argument !== undefined) + 1
  if (count > fields) throw rangeError(`${what} arguments`, String(fields), count)
}

/** @returns what a record of bytes is to be, not copied @throws {TypeError | RangeError} where it is none */
export function checkBytes(bytes: unknown, most: number): Uint8Array {
  const what = 'PerCpuRing.writeBytes'
  const view = bytesOfView(bytes) ?? bytes
  const length = lengthAs(view, 'Uint8Array')
  if (length < 0) throw typeError(what, 'a Uint8Array or a DataView', bytes)
  if (length > most) throw rangeError(`${what} length`, `at most ${most}`, length)
  if (length === 0 && isDetached(view)) throw typeError(what, 'memory that was not transferred', bytes)
  return view as Uint8Array
}
