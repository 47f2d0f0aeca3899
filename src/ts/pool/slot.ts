import { DISPOSE } from '../base/dispose'
import { REFUSAL } from '../contract/pool-calls'
import { refusedSlot } from './arguments'
import type { SharedBytes } from './shared-bytes'

/** What a slot needs of its pool. */
interface Slots {
  readonly slots: number
  bytes(slot: number): SharedBytes
  handOver(slot: number): number
  release(slot: number): void
}

/**
 * A slot that this thread holds, for `using`: it is released at the end of the block, if not before.
 *
 * ```ts
 * using slot = pool.hold()
 * if (slot !== null) slot.bytes.fill(0)
 * ```
 */
export class PoolSlot {
  readonly #pool: Slots
  #held = true
  /** Its number. */
  readonly slot: number

  /** @internal @param slot that was acquired from it */
  constructor(pool: Slots, slot: number) {
    this.#pool = pool
    this.slot = slot
  }

  /** Its memory. @throws as `PerCpuPool.bytes` */
  get bytes(): SharedBytes {
    return this.#pool.bytes(this.slot)
  }

  /** The number, no longer released by this: for a slot that stays this thread's beyond the block. */
  keep(): number {
    this.#held = false
    return this.slot
  }

  /**
   * Hands it over; it is no longer released by this.
   *
   * @returns the ticket that adopts it
   * @throws {RseqError} `ERR_RSEQ_SLOT` where it was released before, or kept; else as `PerCpuPool.handOver`
   */
  handOver(): number {
    if (!this.#held) throw refusedSlot('handOver', REFUSAL.free, this.slot, this.#pool.slots)
    const ticket = this.#pool.handOver(this.slot)
    this.#held = false
    return ticket
  }

  /**
   * Releases it.
   *
   * @throws {RseqError} `ERR_RSEQ_SLOT` where it was released before, or kept; else as `PerCpuPool.release`
   */
  release(): void {
    if (!this.#held) throw refusedSlot('release', REFUSAL.free, this.slot, this.#pool.slots)
    this.#pool.release(this.slot)
    this.#held = false
  }

  /** Releases it, unless that was done. */
  [DISPOSE](): void {
    if (this.#held) this.release()
  }
}
