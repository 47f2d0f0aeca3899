/** What the parts of a ring's scratch memory are: src/native/objects/drain.h's `Out`, and how much there must be. */
export const RECORD = {
  cpu: 0,
  time: 1,
  /** The backend's own. */
  position: 2,
  length: 3,
  payload: 4,
  /** Words of state that a region of so many stripes takes. */
  state: (stripes: number) => 2 + 5 * (stripes + 1),
} as const

/** What {@link Backend.ringCounts} fills. */
export const COUNTS = { written: 0, discarded: 1, overwritten: 2, pending: 3, length: 4 } as const

/** What became of a record: src/native/objects/ring.h's `Verdict`. */
export const VERDICT = { unfit: -1, discarded: 0, written: 1 } as const

/** What a backend does with rings, beside `ringWrite`, which is a hot call. */
export interface RingCalls {
  /** A ring's record of bytes, read once. @returns one of {@link VERDICT} */
  ringWriteBytes(id: number, bytes: Uint8Array): number
  /**
   * A drain: this thread is the ring's consumer until {@link ringEnd}, and the drain is about what is there now. Of
   * both arrays the contents are the backend's own; {@link RECORD} says how long `state` must be.
   *
   * @returns 0, or `consumer` where there is one, or another result
   */
  ringBegin(region: number, entry: number, state: Float64Array, out: Float64Array): number
  /** Copies records, in order of their time: see {@link RECORD}. @returns how many; 0 at the drain's end; or a result */
  ringRead(region: number, entry: number, state: Float64Array, out: Float64Array, most: number): number
  /** The first `consumed` of these are not read again. @returns 0, or a result: they are */
  ringAdvance(region: number, entry: number, state: Float64Array, out: Float64Array, consumed: number): number
  ringEnd(region: number, entry: number): void
  /** Fills {@link COUNTS}. @returns whether there is that ring */
  ringCounts(region: number, entry: number, out: Float64Array): boolean
}
