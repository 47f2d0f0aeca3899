import { PROCESS_REGION, RESULT } from '../../contract/backend'
import { BUSY, Directory } from './directory'
import { Ring } from './drain'
import type { Entry } from './entry'
import { Histogram } from './histogram'
import { CELLS, isMemory, type Memory, memoryOf, nonceOf } from './memory'
import { Pool } from './pool'
import { type Run, runIn } from './run'

/*
 * A hot id says which of this thread's regions, and which cell of it; what takes more than a cell has a number of its own.
 * Both stay below 2³⁰: small integers in every build of V8.
 */
const CELL_BITS = Math.log2(CELLS)
const RUN_IDS = 2 ** 29
const MAX_REGIONS = RUN_IDS / CELLS

/** An entry that this thread has open. Its numbers were checked then; nobody else can change them. */
export interface Held {
  readonly generation: number
  readonly cell: number
  readonly id: number
  /** What takes more than a cell. */
  readonly run: Run | null
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
  readonly #runs = new Map<number, Run>()
  #nextRun = 0

  constructor(own: Memory) {
    this.#add(PROCESS_REGION, own)
  }

  get(number: number): Region | undefined {
    return Number.isInteger(number) ? this.#regions[number] : undefined
  }

  held(number: number, entry: number): Held | undefined {
    return this.get(number)?.held.get(entry)
  }

  /** What this thread has open there, where it is of that class. */
  run<T extends Run>(
    Class: abstract new (...args: never[]) => T,
    number: number,
    entry: number,
  ): T | undefined {
    const run = this.held(number, entry)?.run
    return run instanceof Class ? run : undefined
  }

  /** Where a hot operation of that kind may write. Undefined where this thread has no such thing open. */
  target(id: number, kind: number): Memory | undefined {
    const region = (id | 0) === id ? this.#regions[id >>> CELL_BITS] : undefined
    return region?.kinds[id & (CELLS - 1)] === kind ? region.memory : undefined
  }

  histogram(id: number): Histogram | undefined {
    const run = this.#runs.get(id)
    return run instanceof Histogram ? run : undefined
  }

  pool(id: number): Pool | undefined {
    const run = this.#runs.get(id)
    return run instanceof Pool ? run : undefined
  }

  ring(id: number): Ring | undefined {
    const run = this.#runs.get(id)
    return run instanceof Ring ? run : undefined
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
      region = this.#add(number, memoryOf(key))
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
    if (held.run === null) region.kinds[held.cell] = 0
    else this.#runs.delete(held.id)
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
    const { held, kinds } = region
    const { number, generation, cell } = entry
    const run = runIn(region.memory, entry)
    if (run === undefined) return null
    const id = run === null ? region.number * CELLS + cell : this.#newRunId()
    if (run === null) kinds[cell] = entry.kind
    else this.#runs.set(id, run)
    const one = { generation, cell, id, run, openings: 0 }
    held.set(number, one)
    return one
  }

  #newRunId(): number {
    do this.#nextRun = (this.#nextRun + 1) % RUN_IDS
    while (this.#runs.has(RUN_IDS + this.#nextRun))
    return RUN_IDS + this.#nextRun
  }
}
