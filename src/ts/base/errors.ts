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
  constructor(
    /** Stable: what to branch on. */
    readonly code: RseqErrorCode,
    message: string,
    /** The system's error number, of `ERR_RSEQ_SYSTEM`; else undefined. */
    readonly errno: number | undefined = undefined,
  ) {
    super(message)
    this.name = 'RseqError'
  }
}

/** What `read` gives, or `otherwise` where it throws: of what may be missing, hidden or forbidden. */
export function attempted<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}
