import process from 'node:process'
import { cpuId } from '../../index'
import { firstIndex } from './gaps'

interface Note {
  readonly begin: number
  readonly end: number
}

/** When and where this command's main thread worked: that is known, and no noise of the machine's. */
export class Own {
  readonly #origin: bigint
  /** By CPU, in order. */
  readonly #notes = new Map<number, Note[]>()

  /** @param origin of the times of gaps, by process.hrtime; nanoseconds */
  constructor(origin: number) {
    this.#origin = BigInt(origin)
  }

  /** Does something, and notes it. */
  does<T>(work: () => T): T {
    const [begin, cpu] = [this.now(), cpuId()]
    try {
      return work()
    } finally {
      const note = { begin, end: this.now() }
      // Moved in between: it was on both.
      for (const one of new Set([cpu, cpuId()])) {
        const notes = this.#notes.get(one) ?? []
        notes.push(note)
        this.#notes.set(one, notes)
      }
    }
  }

  /** Nanoseconds since the origin. */
  now(): number {
    return Number(process.hrtime.bigint() - this.#origin)
  }

  /** Whether it worked on that CPU at any time between those. */
  overlaps(cpu: number, start: number, end: number): boolean {
    const notes = this.#notes.get(cpu) ?? []
    const next = notes[firstIndex(notes.length, (i) => (notes[i] as Note).end >= start)]
    return next !== undefined && next.begin <= end
  }
}
