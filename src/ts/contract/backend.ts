import type { PoolCalls } from './pool-calls'
import type { RingCalls } from './ring-calls'

/** What a run of cells is. The numbers are src/native/region/format.h's `Kind`. */
export const KIND = { counter: 1, sum: 2, histogram: 3, gauge: 4, pool: 5, ring: 6 } as const
export type Kind = keyof typeof KIND
/** Those that have a value, and so are metrics. */
export type MetricKind = Exclude<Kind, 'pool' | 'ring'>

/** How a thread finds its stripe. */
export type StripeIndex = 'cpu' | 'mm_cid'

/** Results that are not an entry, an id or 0: src/native/region/directory.h's `Result`. */
export const RESULT = {
  full: -1,
  noMemory: -2,
  otherKind: -3,
  absent: -4,
  /** 64 × errno below it: see {@link Backend}. */
  system: -5,
  noRegion: -6,
  otherVersion: -7,
  damaged: -8,
  owner: -9,
  cpus: -10,
  /** 64 × errno below it. */
  busy: -11,
  tooMany: -12,
  readOnly: -13,
  lost: -14,
  longName: -15,
  closed: -16,
  /** Of the portable backend alone: it has one region, its own. */
  unsupported: -17,
  /** Another consumer drains the ring. */
  consumer: -19,
  /** The region's file system is full; nothing was changed. */
  noRoom: -21,
  /** The path is a symbolic link. */
  link: -22,
} as const

/** What names a region in a handle: the addon's nonce, or the portable backend's memory itself. */
export type RegionKey = string | SharedArrayBuffer

/** The region of the process; the number that every backend gives it. */
export const PROCESS_REGION = 0

/** A hot id in an answer that has none: the entry is of a region that is only read. */
export const NO_ID = 0xffffffff

/** Texts of an entry, in the order in which make() takes them. */
export const TEXTS = ['name', 'labels', 'help', 'unit', 'extra'] as const

/** The first numbers of {@link Backend.histogramCells}; buckets follow. src/native/objects/histogram.h's `Out`. */
export const HISTOGRAM = {
  /** NaN where nothing was recorded since the last drain. Like max a hint: hold it against the buckets. */
  min: 0,
  max: 1,
  /** The sum of the samples that are safe integers, an int64: its upper half, signed … */
  integersHigh: 2,
  /** … and its lower one. */
  integersLow: 3,
  /** The sum of the other samples. */
  fractions: 4,
  buckets: 5,
} as const

/** What {@link Backend.survey} writes. src/native/metrics/survey.h's `Head`. */
export const SURVEY = {
  // Before all entries:
  /** 1 where all heads below were there already, at their places. */
  isSame: 0,
  /** How many entries were left out: damaged ones, which all together say that they have more than there is. */
  leftOut: 1,
  first: 2,
  // Before each entry's values:
  entry: 0,
  generation: 1,
  kind: 2,
  /** 1 where a living process has it open. */
  held: 3,
  /** How many numbers follow: 1, or of a histogram what {@link HISTOGRAM} says. */
  values: 4,
  head: 5,
} as const

/** What the number behind a head of {@link Backend.writeRows} is: src/native/metrics/page.h's `Way`. */
export const WAY = {
  value: 0,
  /** The running total, with the number. */
  add: 1,
  /** The running total, which begins anew behind it. */
  total: 2,
  /** The caller writes it. */
  ask: 3,
} as const

/** In a row's `which`, the way stands above an index of `numbers`. */
export const WAY_SHIFT = 30

/** What {@link Backend.writeRows} needs next: src/native/metrics/page.h's `Status`. */
export const WRITE = {
  done: 0,
  /** Of the row that `state` says, the head is written. The number is the caller's to write. */
  asked: 1,
  /** More room for the row that `state` says. */
  room: 2,
} as const

/** What {@link Backend.writeRows} keeps in `state`. */
export const STATE = { row: 0, at: 1, total: 2, length: 3 } as const

/** One entry of a region's directory. */
export interface EntryInfo {
  readonly entry: number
  readonly generation: number
  /** One of {@link KIND}. */
  readonly kind: number
  readonly byMmCid: boolean
  readonly cells: number
  /** Of a histogram: bits of precision, or 0 where extra holds bounds. */
  readonly shape: number
  /** Empty where it has none. */
  readonly name: string
  readonly labels: string
  readonly help: string
  readonly unit: string
  /** Of a histogram: doubles, the lowest and the highest value or the bounds. */
  readonly extra: ArrayBuffer
}

/** A process that is attached to a region, or was when it died. */
export interface RegionProcess {
  /** In its own PID namespace. */
  readonly pid: number
  /** Clock ticks since boot, field 22 of /proc/PID/stat: tells it from a later process of that number. */
  readonly startTime: number
  /** It has not ended. */
  readonly alive: boolean
  /** It is this process. */
  readonly self: boolean
}

export interface RegionInfo {
  readonly nonce: bigint
  /** Of the file; 0 where there is none. A file and a copy of it have the same nonce. */
  readonly inode: bigint
  readonly readOnly: boolean
  readonly shared: boolean
  /** Of the file; −1 where there is none. */
  readonly fd: number
  /** Possible CPUs. */
  readonly stripes: number
  readonly cells: number
  readonly cellsUsed: number
  readonly entries: number
  readonly entriesUsed: number
  /** Pages that a write had no room for, of any process. */
  readonly lostWrites: number
  readonly bytes: number
  /** 0: as much as there could be; 1: limited address space, 2: strict overcommit. */
  readonly limit: number
}

/** The operations that have a faster way in than the addon's functions of these names: see backend/hot-calls. */
export interface HotCalls {
  inc(id: number): void
  /** As add(), for an int32: no conversion to and from a double. */
  addInt32(id: number, n: number): void
  add(id: number, n: number): void
  addFloat(id: number, x: number): void
  /** A histogram's sample. */
  record(id: number, x: number): void
  /** As record(), for an int32. */
  recordInt32(id: number, n: number): void
  /** A slot of a pool, or pool-calls' `NO_SLOT`. An id of −1 is nobody's. @param thread of {@link Backend.threadWord} */
  acquireSlot(id: number, thread: number): number
  /** 0, or why not: pool-calls' `REFUSAL`. @param slot 0 to 2³² − 1 @param thread of {@link Backend.threadWord} */
  releaseSlot(id: number, slot: number, thread: number): number
  /** A ring's record, of which the first fields count. @returns one of `VERDICT` */
  ringWrite(id: number, a: number, b: number, c: number, d: number): number
}

/**
 * Per-CPU cells, of the addon or the portable backend. Hot calls take an `id`, others a region's and an entry's number.
 * A backend believes nothing: numbers that are none lead to NaN, undefined or a negative result, never out of its memory.
 *
 * Functions that can fail return one of {@link RESULT}, `system` and `busy` with 64 × errno taken from it.
 */
export interface Backend extends HotCalls, PoolCalls, RingCalls {
  /**
   * Adds amounts[i] to the cell of ids[i]. 0 where all was added; else nothing was: −1 where the arrays do not fit
   * together, or 1 + the index of the first amount that is no safe integer.
   */
  addMany(ids: Uint32Array, amounts: Int32Array | Float64Array): number
  /** The same for samples, which must be finite, and at least 0 where `positive`. */
  recordMany(id: number, samples: Float64Array, positive: boolean): number
  recordTimes(id: number, x: number, times: number): void

  /** The int64 sum since the last drain, or NaN where it is not a safe integer. */
  value(region: number, entry: number): number
  floatValue(region: number, entry: number): number | undefined
  /** @param drain and resets: each add is in one drain's result, or still in the value */
  bigValue(region: number, entry: number, drain: boolean): bigint | undefined
  drainFloat(region: number, entry: number): number | undefined
  /** Every stripe's 8 bytes, never drained; the overflow cell last. */
  cells(region: number, entry: number): ArrayBuffer | undefined
  /** Doubles: see {@link HISTOGRAM}. */
  histogramCells(region: number, entry: number, drain: boolean): ArrayBuffer | undefined

  /** Adds what histogramCells() said of one of the same shape. @returns 1 where it fits, else 0 */
  mergeHistogram(region: number, entry: number, cells: Float64Array): number

  /** A gauge's one word, for all threads and processes. */
  setGauge(id: number, x: number): void
  addGauge(id: number, x: number): void
  /**
   * Fills doubles: every entry with its values, none of which need be open. See {@link SURVEY}.
   *
   * @param into what an earlier look has filled, or anything else
   * @returns how many; −n where there should be room for n; undefined where there is no such region
   */
  survey(region: number, into: Float64Array): number | undefined
  /**
   * Writes a page's rows: a head, and a number. Goes on from {@link STATE}, where it also says how far it came.
   *
   * @param heads UTF-8, one after the other
   * @param ends where each head ends
   * @param which the number behind each head: {@link WAY} × 2³⁰ + an index of `numbers`
   * @returns one of {@link WRITE}, or −1 where that does not fit together
   */
  writeRows(
    out: Uint8Array,
    numbers: Float64Array,
    heads: Uint8Array,
    ends: Uint32Array,
    which: Uint32Array,
    state: Float64Array,
  ): number
  /** 1 where the calling thread now plays the role, or did; 0 where another one does, of any process. */
  lead(region: number, role: number): number
  stepDown(region: number, role: number): number

  /** Opens what has that name and those labels: entry × 2³² + id. Each opening needs a release(). */
  open(region: number, kind: number, byMmCid: boolean, name: string, labels: string): number
  /** The same, and makes it where there is none. Texts as UTF-8, one behind the other; their lengths in bytes. */
  make(
    region: number,
    kind: number,
    byMmCid: boolean,
    shape: number,
    texts: Uint8Array,
    lengths: Uint32Array,
  ): number
  /** Opens what a handle says. */
  adopt(region: number, kind: number, byMmCid: boolean, entry: number, generation: number): number
  /** Undoes one opening of this thread. Where no thread and no living process has it open, the entry is removed. */
  release(region: number, entry: number): number
  /**
   * Removes the gauges that no living process has open and whose labels have that text in them.
   *
   * @returns how many, or a result: `busy` where somebody has the directory's lock, which is not waited for
   */
  removeDeadGauges(region: number, mark: string): number
  /** How long this thread's next changes wait for a directory's lock, 0 to 5000 ms. */
  setPatience(milliseconds: number): void
  generation(region: number, entry: number): number
  /** Null where it is damaged, undefined where there is none. */
  describe(region: number, entry: number): EntryInfo | null | undefined
  /** Null for each that is damaged. */
  list(region: number): (EntryInfo | null)[]

  /** Regions: a number; the same file again is the same region. Each opening needs a closeRegion(). */
  createFile(path: string, cells: number): number
  createMemfd(cells: number): number
  attach(path: string, readOnly: boolean): number
  /** 1 where the file was a region of this user's that no living process has, and was removed; else 0. */
  sweep(path: string): number
  closeRegion(region: number): number
  /** 0, or why nothing can be done with the region. */
  checkRegion(region: number): number
  regionInfo(region: number): RegionInfo | undefined
  processes(region: number): (RegionProcess & { readonly pidNamespace: number })[]
  key(region: number): RegionKey
  /** The region of that key, opened once more. */
  regionOf(key: RegionKey): number
}
