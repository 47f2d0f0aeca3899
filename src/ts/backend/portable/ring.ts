import { VERDICT } from '../../contract/ring-calls'
import type { RingShape } from '../../contract/ring-shape'
import { Lock } from './lock'
import type { Memory } from './memory'

/** Cells of a ring, from the first of its lines on: src/native/objects/records.h's, of one run for all threads. */
export const RUN = {
  head: 0,
  discarded: 1,
  limit: 8,
  turn: 9,
  tails: 10,
  losses: 12,
  /** The writers' lock: the owner's ticket, and the tickets. */
  writer: 16,
  /** The consumer's ticket, and the tickets. */
  consumer: 17,
  slots: 24,
} as const
const LINE = 8

/** Words of a slot before its payload. */
function before(shape: RingShape): number {
  return shape.recordBytes > 0 ? 2 : 1
}

/** Words of what a record holds. */
export function payloadOf({ fields, recordBytes }: RingShape): number {
  return recordBytes > 0 ? Math.ceil(recordBytes / 8) : fields
}

/** Cells that a ring takes. */
export function runOfRing(shape: RingShape): number {
  return LINE - 1 + RUN.slots + shape.capacity * (before(shape) + payloadOf(shape))
}

/** A ring that this thread has open, for its writers. Its numbers were checked; they are this thread's own. */
export class RingWriter {
  /** The first whole line. */
  readonly first: number
  readonly #lock: Lock
  readonly #mask: bigint
  readonly #slot: number

  constructor(
    readonly memory: Memory,
    cell: number,
    readonly shape: RingShape,
  ) {
    this.first = Math.ceil(cell / LINE) * LINE
    const writer = 2 * (this.first + RUN.writer)
    this.#lock = new Lock(memory.words, writer, writer + 1)
    this.#mask = BigInt(shape.capacity - 1)
    this.#slot = before(shape) + payloadOf(shape)
  }

  get(which: number): bigint {
    return Atomics.load(this.memory.cells, this.first + which)
  }

  set(which: number, value: bigint): void {
    Atomics.store(this.memory.cells, this.first + which, value)
  }

  /** Records that can be read. */
  get readable(): bigint {
    return this.#mask + (this.shape.mode === 'overwrite' ? 0n : 1n)
  }

  /** The first cell of a position's slot: the time. In bounds, whatever the position is. */
  slotOf(position: bigint): number {
    return this.first + RUN.slots + Number(position & this.#mask) * this.#slot
  }

  /** Of that slot, the cell where the payload begins. */
  payloadAt(slot: number): number {
    return slot + before(this.shape)
  }

  /** @param numbers at least as many as the ring has fields */
  write(numbers: readonly number[]): number {
    if (this.shape.fields === 0) return VERDICT.unfit
    const { doubles } = this.memory
    return this.#append((slot) => {
      const at = this.payloadAt(slot)
      for (let i = 0; i < this.shape.fields; i++) doubles[at + i] = numbers[i] as number
    })
  }

  /** @param copied memory of this thread's own */
  writeBytes(copied: Uint8Array): number {
    if (copied.length > this.shape.recordBytes) return VERDICT.unfit
    const { bytes, cells } = this.memory
    return this.#append((slot) => {
      cells[slot + 1] = BigInt(copied.length)
      bytes.set(copied, this.payloadAt(slot) * 8)
    })
  }

  /** A thread can be terminated anywhere in here: what it has written is there when the head says so. */
  #append(fill: (slot: number) => void): number {
    const { cells } = this.memory
    const ticket = this.#lock.take()
    let written = false
    if (ticket !== 0) {
      const head = this.get(RUN.head)
      const limit = this.get(RUN.limit)
      const isFull = this.shape.mode === 'discard' && BigInt.asUintN(64, head - limit) > this.#mask
      if (!isFull) {
        const slot = this.slotOf(head)
        cells[slot] = this.shape.timestamp ? process.hrtime.bigint() : 0n
        fill(slot)
        // Not where this thread was taken for dead, and somebody else has written to that slot.
        const next = BigInt.asIntN(64, head + 1n)
        written = Atomics.compareExchange(cells, this.first + RUN.head, head, next) === head
      }
      this.#lock.give(ticket)
    }
    if (!written) Atomics.add(cells, this.first + RUN.discarded, 1n)
    return written ? VERDICT.written : VERDICT.discarded
  }
}
