import { monotonicMs } from '../../base/builtins'
import { RESULT } from '../../contract/backend'
import { COUNTS, RECORD } from '../../contract/ring-calls'
import { payloadOf, RingWriter, RUN } from './ring'

/*
 * Reading a ring: src/native/objects/drain.h, of one run. Nothing tells whether a consumer lives, so it shows it: it has another
 * ticket with each fill, and one that has not moved for two seconds is dead. Fills are small for that.
 */
const DEAD_MS = 2000
const MOST = 64
/** Looks at a tail that is just being moved. */
const LOOKS = 100

/** Unsigned. */
function less(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(64, a - b)
}

/** A ring that this thread has open, with what it drains it with. */
export class Ring extends RingWriter {
  readonly #owner = 2 * (this.first + RUN.consumer)
  #ticket = 0
  #end = 0n
  /** Positions of what was read and not advanced over. */
  #positions: bigint[] = []
  /** A consumer that does not move, and since when. */
  #still = 0
  #since = 0

  /** Fills {@link COUNTS}. */
  count(out: Float64Array): void {
    const { tail, lost } = this.#progress()
    const head = this.get(RUN.head)
    const pending = this.#readable(head, tail)
    out[COUNTS.written] = Number(BigInt.asUintN(64, head))
    out[COUNTS.discarded] = Number(BigInt.asUintN(64, this.get(RUN.discarded)))
    out[COUNTS.overwritten] = Number(BigInt.asUintN(64, lost + less(head, tail) - pending))
    out[COUNTS.pending] = Number(pending)
  }

  /** @returns 0, or a result */
  begin(): number {
    const { words } = this.memory
    const seen = Atomics.load(words, this.#owner)
    if (seen !== 0 && !this.#isDead(seen)) return RESULT.consumer
    const ticket = this.#newTicket()
    if (Atomics.compareExchange(words, this.#owner, seen, ticket) !== seen) return RESULT.consumer
    this.#ticket = ticket
    this.#end = this.get(RUN.head)
    const { tail } = this.#progress()
    if (this.get(RUN.limit) !== tail) this.set(RUN.limit, tail)
    return 0
  }

  /** @returns how many records were copied, or a result */
  read(out: Float64Array, most: number): number {
    if (!this.#move()) return RESULT.consumer
    this.#positions = []
    const stride = RECORD.payload + payloadOf(this.shape)
    const room = Math.min(most, MOST, Math.floor(out.length / stride))
    const head = this.get(RUN.head)
    const { tail } = this.#progress()
    let at = head - this.#readable(head, tail)
    while (this.#positions.length < room && BigInt.asIntN(64, this.#end - at) > 0n) {
      at = this.#copy(at, out, this.#positions.length * stride)
      at = BigInt.asIntN(64, at + 1n)
    }
    return this.#positions.length
  }

  /** @returns 0, or a result: nothing was done then */
  advance(consumed: number): number {
    if (!this.#move()) return RESULT.consumer
    if (!(consumed >= 0 && consumed <= this.#positions.length)) return RESULT.damaged
    const last = this.#positions[consumed - 1]
    if (last === undefined) return 0
    const { turn, tail, lost } = this.#progress()
    const moved = less(last + 1n, tail)
    if (moved > less(this.get(RUN.head), tail) || BigInt(consumed) > moved) return RESULT.damaged
    const next = BigInt.asIntN(64, turn + 1n)
    const which = Number(next & 1n)
    this.set(RUN.tails + which, BigInt.asIntN(64, tail + moved))
    this.set(RUN.losses + which, BigInt.asIntN(64, lost + moved - BigInt(consumed)))
    this.set(RUN.turn, next)
    this.set(RUN.limit, BigInt.asIntN(64, tail + moved))
    return 0
  }

  end(): void {
    if (this.#ticket !== 0) Atomics.compareExchange(this.memory.words, this.#owner, this.#ticket, 0)
    this.#ticket = 0
  }

  #progress(): { turn: bigint; tail: bigint; lost: bigint } {
    for (let looks = 1; ; looks++) {
      const turn = this.get(RUN.turn)
      const which = Number(turn & 1n)
      const tail = this.get(RUN.tails + which)
      const lost = this.get(RUN.losses + which)
      if (looks === LOOKS || this.get(RUN.turn) === turn) return { turn, tail, lost }
    }
  }

  #readable(head: bigint, tail: bigint): bigint {
    const all = less(head, tail)
    return all < this.readable ? all : this.readable
  }

  /** @returns the position that was copied, or of what was written over instead, the last one that was */
  #copy(position: bigint, out: Float64Array, to: number): bigint {
    const { cells, doubles } = this.memory
    const slot = this.slotOf(position)
    const isBytes = this.shape.recordBytes > 0
    const size = this.shape.recordBytes + this.shape.fields
    const said = isBytes ? Number(BigInt.asUintN(64, cells[slot + 1] as bigint)) : size
    const payload = this.payloadAt(slot)
    // Bits alone: of a NaN that is none, an engine may make another one.
    const words = new BigInt64Array(
      out.buffer,
      out.byteOffset + (to + RECORD.payload) * 8,
      payloadOf(this.shape),
    )
    if (isBytes) for (let i = 0; i < words.length; i++) words[i] = cells[payload + i] as bigint
    else for (let i = 0; i < size; i++) out[to + RECORD.payload + i] = doubles[payload + i] as number
    out[to + RECORD.cpu] = -1
    out[to + RECORD.time] = Number(BigInt.asUintN(64, cells[slot] as bigint))
    out[to + RECORD.length] = Math.min(said, size)
    const lag = less(this.get(RUN.head), position)
    if (this.shape.mode === 'overwrite' && lag > this.readable) return position + lag - this.readable - 1n
    this.#positions.push(position)
    return position
  }

  /** A next ticket, which shows that this thread lives. @returns false where another one is the consumer */
  #move(): boolean {
    if (this.#ticket === 0) return false
    const ticket = this.#newTicket()
    const found = Atomics.compareExchange(this.memory.words, this.#owner, this.#ticket, ticket)
    if (found !== this.#ticket) return false
    this.#ticket = ticket
    return true
  }

  #newTicket(): number {
    return Atomics.add(this.memory.words, this.#owner + 1, 2) | 1
  }

  #isDead(seen: number): boolean {
    const now = monotonicMs()
    if (seen !== this.#still) {
      this.#still = seen
      this.#since = now
    }
    return now - this.#since >= DEAD_MS
  }
}
