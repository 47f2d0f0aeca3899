// What a program has without this package: one ring of records for all threads, over Atomics.compareExchange.

/** Words of the header; each of its numbers has a pair of cache lines for itself. */
const LINE = 32
const HEAD = 0
const TAIL = LINE
const LOST = 2 * LINE
const TURNS = 3 * LINE

/** What is in a record. */
export const FIELDS = 3

/**
 * A bounded queue with many writers and one reader, without locks. A record has a turn: the position whose writer may fill
 * it, or that plus 1 when it is filled. A writer takes the position at the tail, fills the record and says so; one that
 * dies in between holds up the reader for good, which per-CPU rings do not know. Positions are 32-bit numbers that wrap
 * around, and the capacity is a power of two.
 */
export class AtomicsRing {
  readonly #words: Int32Array
  readonly #values: Float64Array
  readonly #mask: number

  static bytes(capacity: number): number {
    return (
      (TURNS + capacity) * Int32Array.BYTES_PER_ELEMENT + capacity * FIELDS * Float64Array.BYTES_PER_ELEMENT
    )
  }

  /**
   * @param memory zeroed, and the same for all threads
   * @param capacity a power of two, at least 2
   * @param isFirst this thread makes the ring, before others use it
   */
  constructor(memory: SharedArrayBuffer, capacity: number, isFirst: boolean) {
    const words = TURNS + capacity
    this.#words = new Int32Array(memory, 0, words)
    this.#values = new Float64Array(memory, words * Int32Array.BYTES_PER_ELEMENT, capacity * FIELDS)
    this.#mask = capacity - 1
    if (!isFirst) return
    for (let i = 0; i < capacity; i++) Atomics.store(this.#words, TURNS + i, i)
  }

  /** @returns false where the ring was full: the record is counted as lost */
  write(a: number, b: number, c: number): boolean {
    const words = this.#words
    for (;;) {
      const tail = Atomics.load(words, TAIL)
      const at = tail & this.#mask
      const ahead = (Atomics.load(words, TURNS + at) - tail) | 0
      if (ahead < 0) {
        Atomics.add(words, LOST, 1)
        return false
      }
      // Else somebody else has taken the position.
      if (ahead > 0 || Atomics.compareExchange(words, TAIL, tail, (tail + 1) | 0) !== tail) continue
      const values = this.#values
      const first = at * FIELDS
      values[first] = a
      values[first + 1] = b
      values[first + 2] = c
      // The reader that sees this sees the values too.
      Atomics.store(words, TURNS + at, (tail + 1) | 0)
      return true
    }
  }

  /** Of the one thread that reads. @returns how many records there were */
  drain(read: (a: number, b: number, c: number) => void): number {
    const words = this.#words
    const values = this.#values
    let head = Atomics.load(words, HEAD)
    for (let count = 0; ; count++) {
      const at = head & this.#mask
      const turn = (head + 1) | 0
      if (Atomics.load(words, TURNS + at) !== turn) {
        Atomics.store(words, HEAD, head)
        return count
      }
      const first = at * FIELDS
      read(values[first] as number, values[first + 1] as number, values[first + 2] as number)
      // Free for the writer of the next round.
      Atomics.store(words, TURNS + at, (head + this.#mask + 1) | 0)
      head = turn
    }
  }

  get lost(): number {
    return Atomics.load(this.#words, LOST) >>> 0
  }
}
