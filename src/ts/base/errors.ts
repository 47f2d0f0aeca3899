/** Every {@link RseqError} code, and when it is thrown. */
export type RseqErrorCode =
  /** The kernel, or the backend in use, does not have what was asked for. */
  | 'ERR_RSEQ_FEATURE'
  /** Nothing on this platform can tell the CPU number. */
  | 'ERR_RSEQ_NO_CPU'
  /** All cells, or all names, of the region are in use. */
  | 'ERR_RSEQ_REGION_FULL'
  /** No memory, no address space, or no room in the file system, for the region or for something in it. */
  | 'ERR_RSEQ_NO_MEMORY'
  /** The name, or the handle, belongs to another kind of object, another index or another shape. */
  | 'ERR_RSEQ_KIND'
  /** The handle is of a region that this process is not attached to, or of an object that was removed. */
  | 'ERR_RSEQ_HANDLE'
  /** The object or the region was closed. */
  | 'ERR_RSEQ_CLOSED'
  /** The slot is free, so it cannot be released, or another process holds it. */
  | 'ERR_RSEQ_SLOT'
  /** The region is attached for reading only. */
  | 'ERR_RSEQ_READ_ONLY'
  /** The file is no region. */
  | 'ERR_RSEQ_REGION_FORMAT'
  /** The region was made by another version of its format. */
  | 'ERR_RSEQ_REGION_VERSION'
  /** The region's sizes or contents contradict each other. */
  | 'ERR_RSEQ_REGION_DAMAGED'
  /** The region's file belongs to another user, others may open it, or its path is a symbolic link. */
  | 'ERR_RSEQ_REGION_OWNER'
  /** The region was made for another number of possible CPUs. */
  | 'ERR_RSEQ_REGION_CPUS'
  /** Another process keeps the region's directory locked: try again later. Counting goes on in what is open. */
  | 'ERR_RSEQ_REGION_BUSY'
  /** This process has too many regions, histograms, pools or rings, or the region too many processes. */
  | 'ERR_RSEQ_REGION_LIMIT'
  /**
   * The region's file was cut short: what was counted since may be lost. As the code of a warning: some writes had no room
   * in a full file system, and counts are missing, see `RegionUsage.lostWrites`.
   */
  | 'ERR_RSEQ_REGION_LOST'
  /** The ring is being drained by another consumer, or by this one: a drain within a drain's callback. */
  | 'ERR_RSEQ_CONSUMER'
  /** A library that an entry point of the package works with is not installed, or too old. */
  | 'ERR_RSEQ_PEER'
  /** The system refused; `errno` says why. */
  | 'ERR_RSEQ_SYSTEM'

/**
 * Thrown for everything that is not a wrong argument. `code` is stable; `message` is for people.
 * Whatever throws has changed nothing.
 */
export class RseqError extends Error {
  /** Stable: what to branch on. */
  readonly code: RseqErrorCode
  /** The system's error number, of `ERR_RSEQ_SYSTEM`; else undefined. */
  readonly errno: number | undefined

  /** @param code stable; what to branch on */
  constructor(code: RseqErrorCode, message: string, errno?: number) {
    super(message)
    this.name = 'RseqError'
    this.code = code
    this.errno = errno
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

/**
 * An argument that has to be an integer of a range.
 *
 * @throws {TypeError | RangeError} where it is none
 */
export function integerOf(what: string, value: unknown, least: number, most: number): number {
  const expected = `an integer, ${least} to ${most}`
  if (typeof value !== 'number') throw typeError(what, expected, value)
  if (!Number.isInteger(value) || value < least || value > most) throw rangeError(what, expected, value)
  return value
}
