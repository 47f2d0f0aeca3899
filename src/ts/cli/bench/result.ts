import * as v from 'valibot'
import { bytes, count, FIGURE, list, NOISE, type Of, ORIGIN, text, time, whole } from '../kit/limits'
import { QUESTION_NAMES } from './names'

/** What interrupted calls whose time was to be a sample: see docs/guide/preemption.md. */
const INTERRUPTIONS = v.object({
  /** All calls that were watched; those that were kept are among them. */
  calls: count,
  /** Of these, those in which no interruption could be seen, for critical sections cannot run there: all kept. */
  unseen: count,
  /** Of these, those that were interrupted and yet kept: their rows had hardly any others. */
  kept: count,
  /** Of these, those that were thrown away, by why: each once, for the first that holds. That the call waited is no reason. */
  discarded: v.object({ moved: count, preempted: count, other: count }),
})
export type Interruptions = Of<typeof INTERRUPTIONS>

/** The figures in the commit that brought rseq to the kernel: a Xeon E5-2630 v3, and a Cubietruck. */
const PUBLISHED = v.object({ x86_64: time, arm32: time })
export type Published = Of<typeof PUBLISHED>

const ROW = v.object({
  /** Stable within the question: what two runs are matched by. */
  id: text(256),
  label: text(512),
  /**
   * floor: an empty loop or call, the price of measuring. c: measured in C. ours: this package, from
   * JavaScript. other: what a user could pick instead.
   */
  kind: v.picklist(['floor', 'c', 'ours', 'other']),
  /** Nanoseconds; null where the row could not run. */
  ns: v.nullable(FIGURE),
  /** Worker threads, or processes, where the question varies them. */
  workers: v.exactOptional(whole(65_536, 1)),
  /** Counters read per scrape, where the question varies them. */
  size: v.exactOptional(whole(1e9, 1)),
  /** Memory of one counter, where it is known. */
  bytes: v.exactOptional(bytes),
  /** Absent where all samples are kept: rows with promises, or with several threads or processes. */
  interruptions: v.exactOptional(INTERRUPTIONS),
  /** Why `ns` is null: what to install, or what this machine lacks. */
  unavailable: v.exactOptional(text(4096)),
  /** What others published of the same operation, in nanoseconds on machines of theirs. */
  published: v.exactOptional(PUBLISHED),
})
export type Row = Of<typeof ROW>

/** One file under bench/, one table, one chart. */
const QUESTION = v.object({
  /** Stable. */
  name: v.picklist(QUESTION_NAMES),
  title: text(512),
  /** What a row's `ns` is per: 'read', 'increment', 'sample', 'record', 'scrape' … */
  per: text(64),
  /** Tables and charts are as large as the square of their number. */
  rows: list(ROW, 256),
})
export type Question = Of<typeof QUESTION>

/** What one `rseq bench` run found: the JSON that it writes, that `rseq compare` reads and that pages show. */
export const RESULT = v.object({
  /** Layout of this object; readers refuse any other. */
  schema: v.literal(1),
  ...ORIGIN,
  /** Shorter runs: wider spreads. */
  quick: v.boolean(),
  noise: NOISE,
  /** Of all rows; absent in older results, and where no row was watched. */
  interruptions: v.exactOptional(INTERRUPTIONS),
  questions: list(QUESTION, QUESTION_NAMES.length),
})
export type BenchResult = Of<typeof RESULT>
