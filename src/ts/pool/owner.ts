/** Who holds a slot. */
export interface SlotOwner {
  /** The process, in its own PID namespace; 0 where it is not known any more. */
  readonly pid: number
  /** It is the calling thread. */
  readonly self: boolean
  /** Whether the thread lives, if it is of this process; else, or handed over, whether its process does. */
  readonly alive: boolean
  /** It is on its way: no thread's, its process's. */
  readonly handedOver: boolean
}

/** @internal @param bits of `slotOwner` in contract/pool-calls.ts, not 0 */
export function ownerOf(bits: number): SlotOwner {
  const is = (bit: number): boolean => (bits & bit) !== 0
  return { pid: Math.floor(bits / 16), self: is(2), alive: is(4), handedOver: is(8) }
}
