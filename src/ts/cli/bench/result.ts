import type { Origin } from '../kit/machine'
import type { Figure, Noise } from '../kit/statistics'

/** What one `rseq bench` run found: the JSON that it writes, that `rseq compare` reads and that pages show. */
export interface BenchResult extends Origin {
  /** Layout of this object; readers refuse any other. */
  readonly schema: 1
  /** Shorter runs: wider spreads. */
  readonly quick: boolean
  readonly noise: Noise
  /** Of all rows; absent in older results, and where no row was watched. */
  readonly interruptions?: Interruptions
  readonly questions: readonly Question[]
}

/** What interrupted calls whose time was to be a sample: see docs/guide/preemption.md. */
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
