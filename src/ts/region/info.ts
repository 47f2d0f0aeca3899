import type { Kind } from '../contract/backend'

/** What `Region.create` makes: a file that processes share, or memory without a name. */
export interface RegionCreateOptions {
  /** Path of a file; made if there is none (0600, sparse), else attached. Best in a tmpfs such as /dev/shm. */
  readonly file?: string
  /** An anonymous file, as `memfd_create(2)` makes it; others attach to the region's `Region.path`. */
  readonly memfd?: boolean
  /**
   * Cells of 8 bytes for each CPU, 1 to 2²⁴, rounded up to a multiple of 8,192; a counter takes one of them, a
   * histogram one per bucket. 4,194,304 unless address space is limited. Costs memory where it is used only.
   */
  readonly cells?: number
}

/** How `Region.attach` attaches. */
export interface RegionAttachOptions {
  /** Only look: nothing in the region is changed, and its processes do not notice. */
  readonly readOnly?: boolean
}

/** One named object of a region. */
export interface RegionEntry {
  /** What it is: `gauge` where an entry point has made it. */
  readonly kind: Kind
  /** Null where it has none. */
  readonly name: string | null
  /** Names that begin with `rseq.` are those of the package's entry points. */
  readonly labels: Readonly<Record<string, string>>
  /** What it counts, as its maker said; or empty. */
  readonly help: string
  /** In what, as its maker said; or empty. */
  readonly unit: string
}

/** How large a region is, and how full. */
export interface RegionUsage {
  /** Possible CPUs that it was made for. */
  readonly cpus: number
  /** Cells for each CPU. */
  readonly cells: number
  /** Cells that are in use. */
  readonly cellsUsed: number
  /** Objects that it can hold, with or without a name. */
  readonly names: number
  /** Objects that it holds. */
  readonly namesUsed: number
  /**
   * How often, in any process, a page was first written to while the file system was full. What was counted there until
   * there was room again is missing for good. 0 in memory of a process's own.
   */
  readonly lostWrites: number
  /** Of address space, or apparent size of the file; memory is paid when it is touched. */
  readonly bytes: number
  /** Why this process makes regions smaller than they could be. */
  readonly limitedBy: 'address space' | 'strict overcommit' | null
}
