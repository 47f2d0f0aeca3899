/** How a received value is shown in a message: short, and telling '1' from 1. */
export function show(value: unknown): string {
  if (typeof value === 'string')
    return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`
  if (typeof value === 'bigint') return `the bigint ${value}n`
  if (typeof value === 'number' || value === null || value === undefined || typeof value === 'boolean') {
    return Object.is(value, -0) ? '-0' : String(value)
  }
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? instance(value) : `a ${typeof value}`
}

/** Of which class an object says that it is. It may lie, or throw: nothing is done by it but this message. */
function instance(value: object): string {
  try {
    const { name } = value.constructor
    if (/^[A-Z]\w{0,60}$/.test(name) && name !== 'Object')
      return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`
  } catch {
    // it says nothing
  }
  return 'an object'
}

/** A `TypeError` with what was expected and what came. */
export function typeError(what: string, expected: string, received: unknown): TypeError {
  const shown = show(received)
  // Loaded twice, by two versions or two module systems, this package has each of its classes twice.
  const other = shown === expected ? ' that is not of this copy of rseq' : ''
  return new TypeError(`${what}: expected ${expected}, received ${shown}${other}`)
}

/** A `RangeError` with what was expected and what came. */
export function rangeError(what: string, expected: string, received: unknown): RangeError {
  return new RangeError(`${what}: expected ${expected}, received ${show(received)}`)
}

/** For what is no number, or not one of those that are expected. */
export function badNumber(what: string, expected: string, received: unknown): TypeError | RangeError {
  return (typeof received === 'number' ? rangeError : typeError)(what, expected, received)
}

// Each gives the value back, and throws a TypeError for another type and a RangeError for another value of that type.

export function numberOf(
  what: string,
  value: unknown,
  expected: string,
  isRight: (x: number) => boolean,
): number {
  if (typeof value !== 'number' || !isRight(value)) throw badNumber(what, expected, value)
  return value
}

export function integerOf(what: string, value: unknown, least: number, most: number): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
    return value as number
  throw badNumber(what, `an integer, ${least} to ${most}`, value)
}

export function booleanOf(what: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw typeError(what, 'a boolean', value)
  return value
}

/** @param isRight of all strings, where it is left out */
export function stringOf(
  what: string,
  value: unknown,
  expected = 'a string',
  isRight = (_text: string): boolean => true,
): string {
  if (typeof value !== 'string') throw typeError(what, 'a string', value)
  if (!isRight(value)) throw rangeError(what, expected, value)
  return value
}

export function oneOf<T extends string>(what: string, value: unknown, one: T, other: T): T {
  const expected = `'${one}' or '${other}'`
  if (typeof value !== 'string') throw typeError(what, expected, value)
  if (value !== one && value !== other) throw rangeError(what, expected, value)
  return value as T
}

/** Options, or what else has to be an object. */
export function checkObject(what: string, value: unknown, expected = 'an object'): void {
  if (typeof value !== 'object' || value === null) throw typeError(what, expected, value)
}

export function checkFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw typeError(what, 'a function', value)
}
