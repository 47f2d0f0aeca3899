import { monotonicMs } from '../../base/builtins'
import { RESULT } from '../../contract/backend'
import { COUNTS, RECORD } from '../../contract/ring-calls'
import { payloadOf, type Ring, RUN } from './ring'

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

function progressOf(ring: Ring): { turn: bigint; tail: bigint; lost: bigint } {
  for (let looks = 1; ; looks++) {
    const turn = ring.get(RUN.turn)
    const which = Number(turn & 1n)
    const tail = ring.get(RUN.tails + which)
    const lost = ring.get(RUN.losses + which)
    if (looks === LOOKS || ring.get(RUN.turn) === turn) return { turn, tail, lost }
  }
}

function readableOf(ring: Ring, head: bigint, tail: bigint): bigint {
  const all = less(head, tail)
  return all < ring.readable ? all : ring.readable
}

/** Fills {@link COUNTS}. */
export function count(ring: Ring, out: Float64Array): void {
  const { tail, lost } = progressOf(ring)
  const head = ring.get(RUN.head)
  const pending = readableOf(ring, head, tail)
  out[COUNTS.written] = Number(BigInt.asUintN(64, head))
  out[COUNTS.discarded] = Number(BigInt.asUintN(64, ring.get(RUN.discarded)))
  out[COUNTS.overwritten] = Number(BigInt.asUintN(64, lost + less(head, tail) - pending))
  out[COUNTS.pending] = Number(pending)
}

/** What this thread drains a ring with. */
export class Drain {
  readonly #ring: Ring
  readonly #owner: number
  #ticket = 0
  #end = 0n
  /** Positions of what was read and not advanced over. */
  #positions: bigint[] = []
  /** A consumer that does not move, and since when. */
  #still = 0
  #since = 0

  constructor(ring: Ring) {
    this.#ring = ring
    this.#owner = 2 * (ring.first + RUN.consumer)
  }

  /** @returns 0, or a result */
  begin(): number {
    const { words } = this.#ring.memory
    const seen = Atomics.load(words, this.#owner)
    if (seen !== 0 && !this.#isDead(seen)) return RESULT.consumer
    const ticket = this.#newTicket()
    if (Atomics.compareExchange(words, this.#owner, seen, ticket) !== seen) return RESULT.consumer
    this.#ticket = ticket
    this.#end = this.#ring.get(RUN.head)
    const { tail } = progressOf(this.#ring)
    if (this.#ring.get(RUN.limit) !== tail) this.#ring.set(RUN.limit, tail)
    return 0
  }

  /** @returns how many records were copied, or a result */
  read(out: Float64Array, most: number): number {
    const ring = this.#ring
    if (!this.#move()) return RESULT.consumer
    this.#positions = []
    const stride = RECORD.payload + payloadOf(ring.shape)
    const room = Math.min(most, MOST, Math.floor(out.length / stride))
    const head = ring.get(RUN.head)
    const { tail } = progressOf(ring)
    let at = head - readableOf(ring, head, tail)
    while (this.#positions.length < room && BigInt.asIntN(64, this.#end - at) > 0n) {
      at = this.#copy(at, out, this.#positions.length * stride)
      at = BigInt.asIntN(64, at + 1n)
    }
    return this.#positions.length
  }

  /** @returns 0, or a result: nothing was done then */
  advance(consumed: number): number {
    const ring = this.#ring
    if (!this.#move()) return RESULT.consumer
    if (!(consumed >= 0 && consumed <= this.#positions.length)) return RESULT.damaged
    const last = this.#positions[consumed - 1]
    if (last === undefined) return 0
    const { turn, tail, lost } = progressOf(ring)
    const moved = less(last + 1n, tail)
    if (moved > less(ring.get(RUN.head), tail) || BigInt(consumed) > moved) return RESULT.damaged
    const next = BigInt.asIntN(64, turn + 1n)
    const which = Number(next & 1n)
    ring.set(RUN.tails + which, BigInt.asIntN(64, tail + moved))
    ring.set(RUN.losses + which, BigInt.asIntN(64, lost + moved - BigInt(consumed)))
    ring.set(RUN.turn, next)
    ring.set(RUN.limit, BigInt.asIntN(64, tail + moved))
    return 0
  }

  end(): void {
    if (this.#ticket !== 0) Atomics.compareExchange(this.#ring.memory.words, this.#owner, this.#ticket, 0)
    this.#ticket = 0
  }

  /** @returns the position that was copied, or of what was written over instead, the last one that was */
  #copy(position: bigint, out: Float64Array, to: number): bigint {
    const ring = this.#ring
    const { cells, doubles } = ring.memory
    const slot = ring.slotOf(position)
    const isBytes = ring.shape.recordBytes > 0
    const size = ring.shape.recordBytes + ring.shape.fields
    const said = isBytes ? Number(BigInt.asUintN(64, cells[slot + 1] as bigint)) : size
    const payload = ring.payloadAt(slot)
    // Bits alone: of a NaN that is none, an engine may make another one.
    const words = new BigInt64Array(
      out.buffer,
      out.byteOffset + (to + RECORD.payload) * 8,
      payloadOf(ring.shape),
    )
    if (isBytes) for (let i = 0; i < words.length; i++) words[i] = cells[payload + i] as bigint
    else for (let i = 0; i < size; i++) out[to + RECORD.payload + i] = doubles[payload + i] as number
    out[to + RECORD.cpu] = -1
    out[to + RECORD.time] = Number(BigInt.asUintN(64, cells[slot] as bigint))
    out[to + RECORD.length] = Math.min(said, size)
    const lag = less(ring.get(RUN.head), position)
    if (ring.shape.mode === 'overwrite' && lag > ring.readable) return position + lag - ring.readable - 1n
    this.#positions.push(position)
    return position
  }

  /** A next ticket, which shows that this thread lives. @returns false where another one is the consumer */
  #move(): boolean {
    if (this.#ticket === 0) return false
    const ticket = this.#newTicket()
    const found = Atomics.compareExchange(this.#ring.memory.words, this.#owner, this.#ticket, ticket)
    if (found !== this.#ticket) return false
    this.#ticket = ticket
    return true
  }

  #newTicket(): number {
    return Atomics.add(this.#ring.memory.words, this.#owner + 1, 2) | 1
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
