/** Every {@link RseqError} code, and when it is thrown. */
export type RseqErrorCode =
  /** The kernel, or the backend in use, does not have what was asked for. */
  | 'ERR_RSEQ_FEATURE'
  /** Nothing on this platform can tell the CPU number. */
  | 'ERR_RSEQ_NO_CPU'
  /** All cells of the region are in use. */
  | 'ERR_RSEQ_REGION_FULL'
  /** No memory for the region. */
  | 'ERR_RSEQ_NO_MEMORY'
  /** The name, or the handle, belongs to another kind of object or another index. */
  | 'ERR_RSEQ_KIND'
  /** The handle was not made in this process. */
  | 'ERR_RSEQ_HANDLE'

/**
 * Thrown for everything that is not a wrong argument. `code` is stable; `message` is for people.
 * Whatever throws has changed nothing.
 */
export class RseqError extends Error {
  readonly code: RseqErrorCode

  /** @param code stable; what to branch on */
  constructor(code: RseqErrorCode, message: string) {
    super(message)
    this.name = 'RseqError'
    this.code = code
  }
}

/** How a received value is shown in a message: short, and telling '1' from 1. */
export function show(value: unknown): string {
  if (typeof value === 'string')
    return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`
  if (typeof value === 'bigint') return `the bigint ${value}n`
  if (typeof value === 'number' || value === null || value === undefined || typeof value === 'boolean') {
    return Object.is(value, -0) ? '-0' : String(value)
  }
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** A `TypeError` with what was expected and what came. */
export function typeError(what: string, expected: string, received: unknown): TypeError {
  return new TypeError(`${what}: expected ${expected}, received ${show(received)}`)
}

/** A `RangeError` with what was expected and what came. */
export function rangeError(what: string, expected: string, received: unknown): RangeError {
  return new RangeError(`${what}: expected ${expected}, received ${show(received)}`)
}
