import { KIND, PROCESS_REGION, RESULT, TEXTS } from '../cells'
import { bucketsOf } from '../histogram-shape'
import { BUSY, Directory } from './directory'
import { type Entry, textOf } from './entry'
import { Histogram, runOf } from './histogram'
import { CELLS, isMemory, Memory, nonceOf } from './memory'

/*
 * A hot id says which of this thread's regions, and which cell of it; a histogram's is a number of its own.
 * Both stay below 2³⁰: small integers in every build of V8.
 */
const CELL_BITS = Math.log2(CELLS)
const HISTOGRAM_IDS = 2 ** 29
const MAX_REGIONS = HISTOGRAM_IDS / CELLS

/**
 * An entry that this thread has open. Its numbers were checked when it was opened; nobody else can change
 * them.
 */
export interface Held {
  readonly generation: number
  readonly cell: number
  readonly id: number
  readonly histogram: Histogram | null
  /** By this thread. */
  openings: number
}

/** A memory, and what this thread has open in it. */
export interface Region {
  readonly number: number
  readonly memory: Memory
  readonly directory: Directory
  readonly held: Map<number, Held>
  /** For each cell, the kind that this thread may add to it as; 0: none. */
  readonly kinds: Uint8Array
  openings: number
}

/** This thread's regions. The first one is its own; others come with handles. */
export class Regions {
  readonly #regions: (Region | undefined)[] = []
  readonly #histograms = new Map<number, Histogram>()
  #nextHistogram = 0

  constructor(own: Memory) {
    this.#add(PROCESS_REGION, own)
  }

  get(number: number): Region | undefined {
    return Number.isInteger(number) ? this.#regions[number] : undefined
  }

  held(number: number, entry: number): Held | undefined {
    return this.get(number)?.held.get(entry)
  }

  /** Where a hot operation of that kind may write. Undefined where this thread has no such thing open. */
  target(id: number, kind: number): Memory | undefined {
    const region = (id | 0) === id ? this.#regions[id >>> CELL_BITS] : undefined
    return region?.kinds[id & (CELLS - 1)] === kind ? region.memory : undefined
  }

  histogram(id: number): Histogram | undefined {
    return this.#histograms.get(id)
  }

  /** @returns the number of that memory's region, opened once more, or a result */
  open(key: unknown): number {
    if (!isMemory(key)) return RESULT.absent
    const nonce = nonceOf(key)
    let region = this.#regions.find((known) => known?.memory.nonce === nonce)
    if (region === undefined) {
      const free = this.#regions.indexOf(undefined)
      const number = free < 0 ? this.#regions.length : free
      if (number === MAX_REGIONS) return RESULT.tooMany
      region = this.#add(number, new Memory(key))
    }
    region.openings++
    return region.number
  }

  /** Undoes one opening. */
  close(number: number): number {
    if (number === PROCESS_REGION) return 0
    const region = this.get(number)
    if (region === undefined || region.openings === 0) return RESULT.closed
    region.openings--
    this.#forgetUnused(region)
    return 0
  }

  /** @param found opened by the directory, for this thread. @returns entry × 2³² + id, or a result */
  hold(region: Region, found: Entry | number): number {
    if (typeof found === 'number') return found
    const held = region.held.get(found.number) ?? this.#remember(region, found)
    if (held === null || held.generation !== found.generation) {
      region.directory.release(found.number)
      return RESULT.damaged
    }
    held.openings++
    return found.number * 2 ** 32 + held.id
  }

  /** Undoes one opening by this thread. */
  release(number: number, entry: number): number {
    const region = this.get(number)
    const held = region?.held.get(entry)
    if (region === undefined || held === undefined) return RESULT.closed
    if (region.directory.release(entry) === BUSY) return BUSY
    held.openings--
    if (held.openings > 0) return 0
    region.held.delete(entry)
    if (held.histogram === null) region.kinds[held.cell] = 0
    else this.#histograms.delete(held.id)
    this.#forgetUnused(region)
    return 0
  }

  #add(number: number, memory: Memory): Region {
    const region: Region = {
      number,
      memory,
      directory: new Directory(memory),
      held: new Map(),
      kinds: new Uint8Array(CELLS),
      openings: 0,
    }
    this.#regions[number] = region
    return region
  }

  #forgetUnused({ number, openings, held }: Region): void {
    if (number !== PROCESS_REGION && openings === 0 && held.size === 0) this.#regions[number] = undefined
  }

  /** @returns null where the entry says of itself what cannot be */
  #remember(region: Region, entry: Entry): Held | null {
    const { memory, held, kinds } = region
    const { number, generation, cell } = entry
    let one: Held
    if (entry.kind === KIND.histogram) {
      const extra = textOf(memory, entry, TEXTS.indexOf('extra'))
      const buckets = bucketsOf(entry.shape, extra.buffer)
      if (buckets === null || runOf(buckets) !== entry.cells) return null
      const histogram = new Histogram(memory, cell, buckets)
      const id = this.#newHistogramId()
      this.#histograms.set(id, histogram)
      one = { generation, cell, id, histogram, openings: 0 }
    } else {
      if (entry.cells !== 1) return null
      kinds[cell] = entry.kind
      one = { generation, cell, id: region.number * CELLS + cell, histogram: null, openings: 0 }
    }
    held.set(number, one)
    return one
  }

  #newHistogramId(): number {
    do this.#nextHistogram = (this.#nextHistogram + 1) % HISTOGRAM_IDS
    while (this.#histograms.has(HISTOGRAM_IDS + this.#nextHistogram))
    return HISTOGRAM_IDS + this.#nextHistogram
  }
}
