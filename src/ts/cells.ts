/** What a cell holds. The numbers are region.h's `Kind`. */
export const KIND = { counter: 1, sum: 2 } as const
export type Kind = keyof typeof KIND

/** How a thread finds its stripe. */
export type StripeIndex = 'cpu' | 'mm_cid'

/** Lowest bit of an id: stripes are chosen by mm_cid. region.h's `kByMmCid`. */
export const BY_MM_CID = 1

/** region.h's results that are not an id. */
export const FULL = -1
export const NO_MEMORY = -2
export const OTHER_KIND = -3

/** What names a region in a handle: the addon's nonce, or the portable backend's memory itself. */
export type RegionKey = string | SharedArrayBuffer

/**
 * Per-CPU cells, as the addon or the portable backend keeps them. Ids are numbers so that hot calls pass
 * nothing else. Functions returning an id return one of the negative results above where they fail.
 */
export interface Cells {
  inc(id: number): void
  /** As add(), for an int32: no conversion to and from a double. */
  addInt32(id: number, n: number): void
  add(id: number, n: number): void
  addFloat(id: number, x: number): void
  /** Adds amounts[i] to cell ids[i], for each i; or, where one is no safe integer, adds nothing and says false. */
  addMany(ids: Uint32Array, amounts: Int32Array | Float64Array): boolean
  /** The int64 sum, or NaN where it is not a safe integer. */
  value(id: number): number
  floatValue(id: number): number
  /** Every stripe's 8 bytes; stripes + 1 of them, the overflow cell last. */
  bits(id: number): ArrayBuffer
  create(kind: Kind, index: StripeIndex): number
  open(kind: Kind, index: StripeIndex, name: Uint8Array): number
  /** The id under which this thread uses cell `id` of the region `key`; null where it is not at hand. */
  adopt(kind: Kind, key: RegionKey, id: number): number | null
  /** What a handle carries for other threads to adopt. */
  handle(id: number): { key: RegionKey; id: number }
}
