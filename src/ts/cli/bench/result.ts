/** What one `rseq bench` run found: the JSON that it writes, that `rseq compare` reads and that pages show. */
export interface BenchResult {
  /** Layout of this object; readers refuse any other. */
  readonly schema: 1
  readonly machine: Machine
  /** Version of the package, and the commit of the checkout that ran; null outside of one. */
  readonly version: string
  readonly commit: string | null
  /** ISO 8601, UTC. */
  readonly date: string
  /** Shorter runs: wider spreads. */
  readonly quick: boolean
  readonly noise: Noise
  /** Of all rows; absent in older results, and where no row was watched. */
  readonly interruptions?: Interruptions
  readonly questions: readonly Question[]
}

export interface Machine {
  readonly arch: string
  readonly cpu: string
  readonly cpus: number
  readonly memoryBytes: number
  readonly kernel: string
  readonly libc: string
  readonly node: string
  readonly v8: string
  /** Whose registration, which backend and whether fast calls: status() of the run. */
  readonly registration: string
  readonly backend: string
  readonly fastCalls: boolean
  /** Software emulation: figures prove nothing about speed and are never ranked. */
  readonly emulated: boolean
}

/** How still the machine was: the same empty loop, again and again over the run. */
export interface Noise {
  /** (90th percentile − 10th percentile) / median of the empty loop's rounds. */
  readonly spread: number
  /** Above it, ratios are not given. */
  readonly limit: number
  readonly quiet: boolean
}

/** What interrupted calls whose time was to be a sample: see docs/preemption.md. */
export interface Interruptions {
  /** All calls that were watched; those that were kept are among them. */
  readonly calls: number
  /** Of these, those in which no interruption could be seen, for critical sections cannot run there: all kept. */
  readonly unseen: number
  /** Of these, those that were interrupted and yet kept: their rows had hardly any others. */
  readonly kept: number
  /** Of these, those that were thrown away, by why: each once, for the first that holds. That the call waited is no reason. */
  readonly discarded: { readonly moved: number; readonly preempted: number; readonly other: number }
}

/** What --only takes, in the order of asking. */
export const QUESTION_NAMES = [
  'getcpu',
  'counters',
  'histogram',
  'pool',
  'ring',
  'processes',
  'published',
  'scrape',
] as const

/** One file under bench/, one table, one chart. */
export interface Question {
  /** Stable. */
  readonly name: (typeof QUESTION_NAMES)[number]
  readonly title: string
  /** What a row's `ns` is per: 'read', 'increment', 'sample', 'record', 'scrape' … */
  readonly per: string
  readonly rows: readonly Row[]
}

export interface Row {
  /** Stable within the question: what two runs are matched by. */
  readonly id: string
  readonly label: string
  /**
   * floor: an empty loop or call, the price of measuring. c: measured in C. ours: this package, from
   * JavaScript. other: what a user could pick instead.
   */
  readonly kind: 'floor' | 'c' | 'ours' | 'other'
  /** Worker threads, or processes, where the question varies them. */
  readonly workers?: number
  /** Counters read per scrape, where the question varies them. */
  readonly size?: number
  /** Memory of one counter, where it is known. */
  readonly bytes?: number
  /** Nanoseconds; null where the row could not run. */
  readonly ns: Figure | null
  /** Absent where all samples are kept: rows with promises, or with several threads or processes. */
  readonly interruptions?: Interruptions
  /** Why `ns` is null: what to install, or what this machine lacks. */
  readonly unavailable?: string
  /** What others published of the same operation, in nanoseconds on machines of theirs. */
  readonly published?: Published
}

/** The figures in the commit that brought rseq to the kernel: a Xeon E5-2630 v3, and a Cubietruck. */
export interface Published {
  readonly x86_64: number
  readonly arm32: number
}

/** Median of the samples, and the 10th and 90th percentile. */
export interface Figure {
  readonly median: number
  readonly low: number
  readonly high: number
  readonly samples: number
  /** How they are distributed; absent in older results. */
  readonly histogram?: Histogram
}

/** Numbers of samples in ranges of equal width. */
export interface Histogram {
  /** Where the first range begins and the last one ends: the 1st and the 99th percentile. What is beyond is in neither. */
  readonly low: number
  readonly high: number
  readonly counts: readonly number[]
}
