import { threads } from '../../base/builtins'
import { NO_SLOT, REFUSAL, TICKET } from '../../contract/pool-calls'
import type { Memory } from './memory'

const MOST_SLOTS = 65536
/** Where a pool's slots' owners begin: behind a cell that says where to look next, and how many hand-overs there were. */
const SLOTS = 1

const MOST_NUMBERS = 2 ** 31 - 1
/** Whose a slot is: the thread. Ids of threads are used once. A negative owner is −the number of a hand-over. */
const self = (threads.threadId % MOST_NUMBERS) + 1

/** Cells that a pool of so many slots takes; 0 where it is none. */
export function poolRunOf(slots: number): number {
  return Number.isInteger(slots) && slots > 0 && slots <= MOST_SLOTS ? SLOTS + slots : 0
}

/** A pool that this thread has open. As in src/native/objects/pool.h a slot's owner is the truth, exchanged in one step. */
export class Pool {
  readonly #words: Int32Array
  readonly #next: number

  constructor(
    memory: Memory,
    first: number,
    private readonly slots: number,
  ) {
    this.#words = memory.words
    this.#next = 2 * first
  }

  acquire(): number {
    const words = this.#words
    const from = Atomics.load(words, this.#next) >>> 0
    for (let i = 0; i < this.slots; i++) {
      const slot = (from + i) % this.slots
      if (Atomics.load(words, this.#owner(slot)) !== 0) continue
      if (Atomics.compareExchange(words, this.#owner(slot), 0, self) !== 0) continue
      Atomics.store(words, this.#next, (slot + 1) % this.slots)
      return slot
    }
    return NO_SLOT.empty
  }

  release(slot: number): number {
    const refused = this.#replace(slot, self, 0)
    // Released last, acquired first: a cache may know it.
    if (refused === 0) Atomics.store(this.#words, this.#next, slot)
    return refused
  }

  /** @returns as `Backend.handOverSlot` */
  handOver(slot: number): number {
    const number = this.#nextNumber()
    const refused = this.#replace(slot, self, -number)
    return refused === 0 ? number * TICKET + slot : -refused
  }

  adopt(ticket: number): number {
    const slot = ticket % TICKET
    const number = Math.floor(ticket / TICKET)
    // Others would be an owner's, as words of 32 bits.
    if (number < 1 || number > MOST_NUMBERS) return slot < this.slots ? REFUSAL.free : REFUSAL.outside
    const refused = this.#replace(slot, -number, self)
    return refused === 0 || refused === REFUSAL.outside ? refused : REFUSAL.free
  }

  /** @param slots this thread's own copy. @returns as `Backend.releaseSlots` */
  releaseAll(slots: readonly number[]): number {
    // Marked first, as handed over to nobody: so a slot that is there twice is found.
    const mark = -this.#nextNumber()
    let marked = 0
    let refused = 0
    for (; marked < slots.length && refused === 0; marked++) {
      const slot = slots[marked] as number
      refused = this.#replace(slot, self, mark)
      if (refused === REFUSAL.handedOver && this.#load(slot) === mark) refused = REFUSAL.free
    }
    const failed = refused === 0 ? -1 : marked - 1
    for (const slot of failed < 0 ? slots : slots.slice(0, failed)) {
      this.#replace(slot, mark, failed < 0 ? 0 : self)
    }
    return failed < 0 ? 0 : refused + 8 * failed
  }

  held(): number {
    let count = 0
    for (let slot = 0; slot < this.slots; slot++) {
      if (this.#load(slot) !== 0) count++
    }
    return count
  }

  /** As `Backend.slotOwner`. */
  owner(slot: number): number | undefined {
    if (!Number.isInteger(slot) || slot < 0 || slot >= this.slots) return undefined
    const owner = this.#load(slot)
    if (owner === 0) return 0
    return 1 + (owner === self ? 2 : 0) + 4 + (owner < 0 ? 8 : 0) + 16 * process.pid
  }

  #owner(slot: number): number {
    return this.#next + 2 * (SLOTS + slot)
  }

  #load(slot: number): number {
    return Atomics.load(this.#words, this.#owner(slot))
  }

  /** The number of a next hand-over, 1 to {@link MOST_NUMBERS}. */
  #nextNumber(): number {
    return Atomics.add(this.#words, this.#next + 1, 1) & MOST_NUMBERS || this.#nextNumber()
  }

  /** Puts `wanted` in the place of one owner alone. */
  #replace(slot: number, owner: number, wanted: number): number {
    if (!Number.isInteger(slot) || slot < 0 || slot >= this.slots) return REFUSAL.outside
    const found = Atomics.compareExchange(this.#words, this.#owner(slot), owner, wanted)
    if (found === owner) return 0
    if (found === 0) return REFUSAL.free
    return found < 0 ? REFUSAL.handedOver : REFUSAL.other
  }
}
