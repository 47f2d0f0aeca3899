// What a program has without this package: slot numbers in a Treiber stack, over Atomics.compareExchange.

/** Words before the links: the head has a pair of cache lines for itself. */
const LINKS = 32

/**
 * Free slots 0 to `slots` − 1, the last released first. The head is one word: the number of the first free slot plus 1, 0
 * where there is none, in the low bits; in all others a tag that each acquire() changes. Without a tag
 * the list is wrong as soon as two threads have it: a thread that stops between {@link after} and {@link swap} finds the
 * same head when others have taken two slots and given the first one back, and makes the second one, which is held,
 * the head. (That is the ABA problem.) The tag has 32 bits less those of a slot's number, so it comes round: a thread
 * that stops for exactly so many acquires is deceived still. {@link WideFreeList} has a tag that never does.
 */
export class FreeList {
  readonly #words: Int32Array
  readonly #mask: number
  readonly #step: number

  static bytes(slots: number): number {
    return (LINKS + slots) * Int32Array.BYTES_PER_ELEMENT
  }

  /**
   * @param memory zeroed, and the same for all threads
   * @param isFirst this thread makes the list, before others use it
   * @param isTagged false for the list that many programs have
   */
  constructor(memory: SharedArrayBuffer, slots: number, isFirst: boolean, isTagged = true) {
    const bits = 32 - Math.clz32(slots)
    this.#words = new Int32Array(memory, 0, LINKS + slots)
    this.#mask = -1 >>> (32 - bits)
    this.#step = isTagged ? 1 << bits : 0
    if (!isFirst) return
    for (let slot = 0; slot < slots; slot++) this.#words[LINKS + slot] = (slot + 2) % (slots + 1)
    Atomics.store(this.#words, 0, 1)
  }

  /** @returns a slot's number, or −1 */
  acquire(): number {
    for (;;) {
      const head = this.head()
      const slot = (head & this.#mask) - 1
      if (slot < 0 || this.swap(head, this.after(head))) return slot
    }
  }

  release(slot: number): void {
    const words = this.#words
    for (;;) {
      const head = Atomics.load(words, 0)
      // Plain: who reads it has read the head before, which the exchange below publishes with it.
      words[LINKS + slot] = head & this.#mask
      // The tag stays: only who acquires can be deceived, and between two equal heads there is an acquire.
      if (Atomics.compareExchange(words, 0, head, (head & ~this.#mask) | (slot + 1)) === head) return
    }
  }

  /** The first step of acquire(). */
  head(): number {
    return Atomics.load(this.#words, 0)
  }

  /** The second one: what follows the head, which must not be empty. */
  after(head: number): number {
    return this.#words[LINKS - 1 + (head & this.#mask)] as number
  }

  /** The last one: makes `next` the head, if that is what it was. */
  swap(head: number, next: number): boolean {
    const tagged = ((head + this.#step) & ~this.#mask) | next
    return Atomics.compareExchange(this.#words, 0, head, tagged) === head
  }
}

/** The same with a head of 64 bits, of which 32 are the tag and 31 a slot: JavaScript has atomics on those only as BigInts. */
export class WideFreeList {
  readonly #head: BigInt64Array
  readonly #links: Int32Array

  static bytes(slots: number): number {
    return FreeList.bytes(slots)
  }

  constructor(memory: SharedArrayBuffer, slots: number, isFirst: boolean) {
    this.#head = new BigInt64Array(memory, 0, 1)
    this.#links = new Int32Array(memory, LINKS * Int32Array.BYTES_PER_ELEMENT, slots)
    if (!isFirst) return
    for (let slot = 0; slot < slots; slot++) this.#links[slot] = (slot + 2) % (slots + 1)
    Atomics.store(this.#head, 0, 1n)
  }

  /** @returns a slot's number, or −1 */
  acquire(): number {
    for (;;) {
      const head = Atomics.load(this.#head, 0)
      const slot = Number(head & 0xffff_ffffn) - 1
      if (slot < 0) return slot
      const next = this.#links[slot] as number
      const tagged = BigInt.asIntN(64, (((head >> 32n) + 1n) << 32n) | BigInt(next))
      if (Atomics.compareExchange(this.#head, 0, head, tagged) === head) return slot
    }
  }

  release(slot: number): void {
    for (;;) {
      const head = Atomics.load(this.#head, 0)
      this.#links[slot] = Number(head & 0xffff_ffffn)
      const tagged = BigInt.asIntN(64, ((head >> 32n) << 32n) | BigInt(slot + 1))
      if (Atomics.compareExchange(this.#head, 0, head, tagged) === head) return
    }
  }
}
