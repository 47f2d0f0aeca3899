import { backend } from '../backend/backend'
import { succeed } from '../contract/results'
import { RECORD } from '../contract/ring-calls'
import type { RingShape } from '../contract/ring-shape'
import { openAgain, usable } from '../region/entries'
import type { Opening } from '../region/opening'
import { Fill, OVER, place, RingRecord } from './record'

const { ringBegin, ringRead, ringAdvance, ringEnd } = backend
const WHAT = 'PerCpuRing.drain'

/** What one object drains with. */
export class Consumer {
  #fill: Fill | null = null
  #state = new Float64Array(0)
  /** More than a ring can hold: what a drain cannot be about, unless somebody plays with the memory. */
  #most = 0
  #isDraining = false
  /** Of a ring that was closed by a drain's callback, until the drain has said how far it came. */
  #kept: Opening | null = null

  constructor(
    private readonly opening: Opening,
    private readonly shape: RingShape,
  ) {}

  /** The ring is to be closed. */
  keep(): void {
    if (this.#isDraining && !this.opening.closed) this.#kept = openAgain(this.opening)
  }

  /** @returns how many records were consumed, of `most` */
  drain(callback: (record: RingRecord) => void, most: number): number {
    const { number, entry } = this.opening
    const fill = this.#ready()
    succeed(ringBegin(number, entry, this.#state, fill.words), WHAT)
    this.#isDraining = true
    const record = new RingRecord(fill)
    const end = Math.min(most, this.#most)
    let total = 0
    try {
      while (total < end && !this.opening.closed) {
        const room = Math.min(end - total, fill.room)
        const count = succeed(ringRead(number, entry, this.#state, fill.words, room), WHAT)
        if (count === 0) break
        total += this.#consume(fill, count, record, callback)
      }
    } finally {
      this.#isDraining = false
      ringEnd(number, entry)
      this.#kept?.release()
      this.#kept = null
    }
    // The reading itself may have found out that the region is lost.
    if (total === 0) usable(this.opening)
    return total
  }

  /** @returns how many records of the fill were consumed: all, unless the ring was closed or the callback threw */
  #consume(fill: Fill, count: number, record: RingRecord, callback: (record: RingRecord) => void): number {
    const { number, entry } = this.opening
    let consumed = 0
    let result = 0
    try {
      for (; consumed < count && !this.opening.closed; consumed++) {
        place(record, consumed * fill.stride)
        callback(record)
      }
    } finally {
      place(record, OVER)
      result = ringAdvance(number, entry, this.#state, fill.words, consumed)
    }
    succeed(result, WHAT)
    return consumed
  }

  /** Memory, from the first drain on. */
  #ready(): Fill {
    if (this.#fill !== null) return this.#fill
    const stripes = backend.regionInfo(this.opening.number)?.stripes ?? 0
    this.#state = new Float64Array(RECORD.state(stripes))
    this.#most = this.shape.capacity * (stripes + 1)
    this.#fill = new Fill(this.shape)
    return this.#fill
  }
}
