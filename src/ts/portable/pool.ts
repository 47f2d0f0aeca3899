import { threads } from '../builtins'
import { NO_SLOT, REFUSAL } from '../pool-calls'
import type { Memory } from './memory'

const MOST_SLOTS = 65536
/** Cells of a pool's run: where to look next, and behind it the slots' owners. Each uses its first word alone. */
const SLOTS = 1

/** Above an owner: it is being released, with others. */
const MARK = 2 ** 30
/** Whose a slot is: the thread. Ids of threads are used once. */
const self = (threads.threadId % (MARK - 1)) + 1

/** Cells that a pool of so many slots takes; 0 where it is none. */
export function poolRunOf(slots: number): number {
  return Number.isInteger(slots) && slots > 0 && slots <= MOST_SLOTS ? SLOTS + slots : 0
}

/**
 * A pool that this thread has open. Its numbers were checked; they are this thread's own.
 *
 * As in src/native/pool.h a slot's owner is the truth, exchanged in one step: a thread can be terminated anywhere.
 */
export class Pool {
  readonly #words: Int32Array
  readonly #next: number
  readonly #slots: number

  constructor(memory: Memory, first: number, slots: number) {
    this.#words = memory.words
    this.#next = 2 * first
    this.#slots = slots
  }

  acquire(): number {
    const words = this.#words
    const from = Atomics.load(words, this.#next) >>> 0
    for (let i = 0; i < this.#slots; i++) {
      const slot = (from + i) % this.#slots
      if (Atomics.load(words, this.#owner(slot)) !== 0) continue
      if (Atomics.compareExchange(words, this.#owner(slot), 0, self) !== 0) continue
      Atomics.store(words, this.#next, (slot + 1) % this.#slots)
      return slot
    }
    return NO_SLOT.empty
  }

  release(slot: number): number {
    const refused = this.#replace(slot, () => 0)
    // Released last, acquired first: a cache may know it.
    if (refused === 0) Atomics.store(this.#words, this.#next, slot)
    return refused
  }

  adopt(slot: number): number {
    return this.#replace(slot, () => self)
  }

  /** @param slots this thread's own copy. @returns as `Backend.releaseSlots` */
  releaseAll(slots: readonly number[]): number {
    let marked = 0
    let refused = 0
    for (; marked < slots.length && refused === 0; marked++) {
      refused = this.#replace(slots[marked] as number, (owner) => owner | MARK)
    }
    const failed = refused === 0 ? -1 : marked - 1
    for (const slot of failed < 0 ? slots : slots.slice(0, failed)) {
      if (failed < 0) Atomics.store(this.#words, this.#owner(slot), 0)
      else Atomics.and(this.#words, this.#owner(slot), ~MARK)
    }
    return failed < 0 ? 0 : refused + 8 * failed
  }

  held(): number {
    let count = 0
    for (let slot = 0; slot < this.#slots; slot++) {
      if (Atomics.load(this.#words, this.#owner(slot)) !== 0) count++
    }
    return count
  }

  /** As `Backend.slotOwner`. */
  owner(slot: number): number | undefined {
    if (!Number.isInteger(slot) || slot < 0 || slot >= this.#slots) return undefined
    const owner = Atomics.load(this.#words, this.#owner(slot)) & ~MARK
    if (owner === 0) return 0
    return 1 + (owner === self ? 2 : 0) + 4 + 8 * process.pid
  }

  #owner(slot: number): number {
    return this.#next + 2 * (SLOTS + slot)
  }

  #replace(slot: number, wanted: (owner: number) => number): number {
    if (!Number.isInteger(slot) || slot < 0 || slot >= this.#slots) return REFUSAL.outside
    const words = this.#words
    const at = this.#owner(slot)
    for (let known = Atomics.load(words, at); ; ) {
      if (known === 0 || (known & MARK) !== 0) return REFUSAL.free
      const found = Atomics.compareExchange(words, at, known, wanted(known))
      if (found === known) return 0
      known = found
    }
  }
}
