/** In place of a slot. src/native/objects/pool.h's constants. */
export const NO_SLOT = { empty: -1, nobody: -2 } as const

/** Why a slot cannot be released, handed over or adopted. src/native/objects/pool.h's `Refusal`. */
export const REFUSAL = {
  outside: 1,
  free: 2,
  foreign: 3,
  noPool: 4,
  noMemory: 5,
  other: 6,
  handedOver: 7,
} as const

/** A ticket is the number of a hand-over, 1 to 2³² − 1, times this, + the slot. */
export const TICKET = 65_536

/** What a backend does with pools, beside `acquireSlot` and `releaseSlot`, which are hot calls. */
export interface PoolCalls {
  /** The calling thread's number as an owner: always the same. */
  threadWord(): number
  /** As many slots as there are, at most `count`: how many, or {@link NO_SLOT}'s `nobody`. */
  acquireSlots(id: number, out: Int32Array | Uint32Array, count: number): number
  /** All of them, or none: 0, or a {@link REFUSAL} + 8 × the index of the slot that it is of. */
  releaseSlots(id: number, slots: Int32Array | Uint32Array, count: number): number
  /** From here on it is on its way: a ticket, or −{@link REFUSAL}. See {@link TICKET}. */
  handOverSlot(id: number, slot: number): number
  /** Makes the calling thread the owner of what is on its way: 0, or a {@link REFUSAL}. */
  adoptSlot(id: number, ticket: number): number
  slotsHeld(region: number, entry: number): number | undefined
  /** Frees what the dead own: how many. */
  reclaimSlots(region: number, entry: number): number | undefined
  /** 0 where it is free, else 1, + 2 if it is the calling thread's, + 4 if its owner lives, + 8 on its way, + 16 × pid. */
  slotOwner(region: number, entry: number, slot: number): number | undefined
}
