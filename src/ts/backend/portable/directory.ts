import { os } from '../../base/builtins'
import { type EntryInfo, RESULT } from '../../contract/backend'
import { Bitmap } from './bitmap'
import {
  copyEntry,
  type Description,
  describe,
  type Entry,
  fillEntry,
  hasText,
  isEntry,
  isNamed,
  unitsOf,
} from './entry'
import { Lock } from './lock'
import { ENTRIES, ENTRY, ENTRY_WORDS, HEADER, type Memory, STATE } from './memory'

const { EAGAIN } = os.constants.errno
/** The lock was not to be had. */
export const BUSY = RESULT.busy - 64 * EAGAIN

/**
 * Which runs of cells there are in a memory, and under which names. Everything is done under one lock; who changes
 * something sets `dirty` meanwhile. The entries are the truth: from them the next thread repairs the chains, the bitmap and
 * the counts that a terminated one left.
 *
 * The last release() of all threads removes an entry: nobody can add to its cells any more when they are set to 0. A thread
 * that ends releases nothing; what it had open stays for the life of the process. That costs cells, and is never wrong.
 */
export class Directory {
  readonly #memory: Memory
  readonly #lock: Lock
  readonly #entryMap: Bitmap
  readonly #cellMap: Bitmap
  readonly #textMap: Bitmap

  constructor(memory: Memory) {
    const { header } = memory
    this.#memory = memory
    this.#lock = new Lock(header, HEADER.lock, HEADER.tickets)
    this.#entryMap = new Bitmap(memory.entryMap, header, HEADER.entryHint)
    this.#cellMap = new Bitmap(memory.cellMap, header, HEADER.cellHint)
    this.#textMap = new Bitmap(memory.textMap, header, HEADER.textHint)
  }

  /** Opens what has that name and those labels. @returns a result where it does not */
  open(name: Uint8Array, labels: Uint8Array, kind: number, byMmCid: boolean): Entry | number {
    const hash = hashOf(name, labels)
    return this.#locked(() => {
      const entry = this.#look(name, labels, hash)
      return entry === null ? RESULT.absent : this.#open(entry, kind, byMmCid)
    })
  }

  /** The same, and makes it where there is none. Its cells are 0. */
  make(wanted: Description): Entry | number {
    const [nameEnd = 0, labelsLength = 0] = wanted.lengths
    const name = wanted.texts.subarray(0, nameEnd)
    const labels = wanted.texts.subarray(nameEnd, nameEnd + labelsLength)
    const hash = hashOf(name, labels)
    return this.#locked(() => {
      const known = isNamed(wanted) ? this.#look(name, labels, hash) : null
      if (known !== null) return this.#open(known, wanted.kind, wanted.byMmCid)
      return this.#changing(() => this.#build(wanted, hash))
    })
  }

  /** Opens an entry by its number and generation. */
  adopt(number: number, generation: number, kind: number, byMmCid: boolean): Entry | number {
    if (!isEntry(number)) return RESULT.absent
    return this.#locked(() => {
      const entry = copyEntry(this.#memory, number)
      if (entry === null || entry.generation !== generation) return RESULT.absent
      return this.#open(entry, kind, byMmCid)
    })
  }

  /** Undoes one opening. @returns 0, or {@link BUSY} */
  release(number: number): number {
    const { entries } = this.#memory
    const opened = number * ENTRY_WORDS + ENTRY.opened
    return this.#locked(() => {
      const entry = copyEntry(this.#memory, number)
      if (entry === null) return 0 // only where somebody plays with the memory
      if ((entries[opened] as number) > 1) Atomics.sub(entries, opened, 1)
      else this.#changing(() => this.#remove(entry))
      return 0
    })
  }

  /** @returns undefined where there is no such entry */
  describe(number: number): EntryInfo | undefined {
    // Most are free, and need no lock to be so.
    if (!isEntry(number) || this.#state(number) !== STATE.live) return undefined
    const found = this.#locked(() => {
      const entry = copyEntry(this.#memory, number)
      return entry && describe(this.#memory, entry)
    })
    return found === null || typeof found === 'number' ? undefined : found
  }

  #locked<T>(work: () => T): T | number {
    const ticket = this.#lock.take()
    if (ticket === 0) return BUSY
    try {
      if (Atomics.load(this.#memory.header, HEADER.dirty) !== 0) this.#repair()
      return work()
    } finally {
      if (!this.#lock.give(ticket)) this.#distrust()
    }
  }

  /** This thread was taken for dead, and somebody else has changed the directory at the same time. */
  #distrust(): void {
    const ticket = this.#lock.take()
    Atomics.store(this.#memory.header, HEADER.dirty, 1)
    if (ticket !== 0) this.#lock.give(ticket)
  }

  /** Does what is to be repaired if it is not done to its end. */
  #changing<T>(change: () => T): T {
    Atomics.store(this.#memory.header, HEADER.dirty, 1)
    const result = change()
    Atomics.store(this.#memory.header, HEADER.dirty, 0)
    return result
  }

  #state(number: number): number {
    return Atomics.load(this.#memory.entries, number * ENTRY_WORDS + ENTRY.state)
  }

  #setState(number: number, state: number): void {
    Atomics.store(this.#memory.entries, number * ENTRY_WORDS + ENTRY.state, state)
  }

  #look(name: Uint8Array, labels: Uint8Array, hash: number): Entry | null {
    const { chains, entries } = this.#memory
    let next = chains[hash & (ENTRIES - 1)] as number
    // A chain longer than the directory runs in a circle.
    for (let steps = 0; next > 0 && next <= ENTRIES && steps < ENTRIES; steps++) {
      if (entries[(next - 1) * ENTRY_WORDS + ENTRY.hash] === hash) {
        const entry = copyEntry(this.#memory, next - 1)
        const same = entry !== null && hasText(this.#memory, entry, 0, name)
        if (same && hasText(this.#memory, entry, 1, labels)) return entry
      }
      next = entries[(next - 1) * ENTRY_WORDS + ENTRY.next] as number
    }
    return null
  }

  #open(entry: Entry, kind: number, byMmCid: boolean): Entry | number {
    if (entry.kind !== kind || entry.byMmCid !== byMmCid) return RESULT.otherKind
    Atomics.add(this.#memory.entries, entry.number * ENTRY_WORDS + ENTRY.opened, 1)
    return entry
  }

  #build(wanted: Description, hash: number): Entry | number {
    const { header, entries } = this.#memory
    const { kind, byMmCid, cells, shape, lengths } = wanted
    const units = unitsOf(wanted)
    const number = this.#entryMap.take(1)
    const text = number < 0 ? -1 : this.#textMap.take(units)
    const cell = text < 0 ? -1 : this.#cellMap.take(cells)
    if (cell < 0) {
      if (text >= 0) this.#textMap.giveBack(text, units)
      if (number >= 0) this.#entryMap.giveBack(number, 1)
      return RESULT.full
    }
    const generation = (entries[number * ENTRY_WORDS + ENTRY.generation] as number) >>> 0
    const entry = { number, generation, kind, byMmCid, cells, shape, lengths, hash, cell, text }
    fillEntry(this.#memory, entry, wanted.texts)
    this.#setState(number, STATE.live)
    if (isNamed(entry)) this.#link(entry)
    Atomics.add(header, HEADER.entriesUsed, 1)
    Atomics.add(header, HEADER.cellsUsed, cells)
    return entry
  }

  /** Can be done again where it was cut short. */
  #remove(entry: Entry): void {
    const { header, entries, cells, baselines } = this.#memory
    const { number } = entry
    this.#setState(number, STATE.removing)
    this.#unlink(entry)
    // One by one, in this order: who reads a zero finds that state, or a later one, in isStill().
    for (let cell = entry.cell; cell < entry.cell + entry.cells; cell++) {
      Atomics.store(cells, cell, 0n)
      Atomics.store(baselines, cell, 0n)
    }
    // Handles of this owner open nothing from here on.
    Atomics.add(entries, number * ENTRY_WORDS + ENTRY.generation, 1)
    this.#setState(number, STATE.free)
    this.#cellMap.giveBack(entry.cell, entry.cells)
    this.#textMap.giveBack(entry.text, unitsOf(entry))
    this.#entryMap.giveBack(number, 1)
    Atomics.sub(header, HEADER.entriesUsed, 1)
    Atomics.sub(header, HEADER.cellsUsed, entry.cells)
  }

  #link({ number, hash }: Entry): void {
    const { chains, entries } = this.#memory
    const chain = hash & (ENTRIES - 1)
    entries[number * ENTRY_WORDS + ENTRY.next] = chains[chain] as number
    chains[chain] = number + 1
  }

  #unlink({ number, hash }: Entry): void {
    const { chains, entries } = this.#memory
    const behind = entries[number * ENTRY_WORDS + ENTRY.next] as number
    let [links, place] = [chains, hash & (ENTRIES - 1)]
    for (let steps = 0; steps <= ENTRIES; steps++) {
      const next = links[place] as number
      if (next === number + 1) links[place] = behind
      if (next === number + 1 || next <= 0 || next > ENTRIES) return // done, or nameless
      links = entries
      place = (next - 1) * ENTRY_WORDS + ENTRY.next
    }
  }

  /** Everything but the entries is made again from them: whoever died had its work cut short at any store. */
  #repair(): void {
    const { header, chains } = this.#memory
    for (const map of [this.#entryMap, this.#cellMap, this.#textMap]) map.clear()
    chains.fill(0)
    Atomics.store(header, HEADER.entriesUsed, 0)
    Atomics.store(header, HEADER.cellsUsed, 0)
    for (let number = 0; number < ENTRIES; number++) {
      const state = this.#state(number)
      if (state === STATE.free) continue
      const entry = copyEntry(this.#memory, number)
      if (entry === null) {
        this.#setState(number, STATE.free)
        continue
      }
      this.#entryMap.mark(number, 1)
      this.#cellMap.mark(entry.cell, entry.cells)
      this.#textMap.mark(entry.text, unitsOf(entry))
      Atomics.add(header, HEADER.entriesUsed, 1)
      Atomics.add(header, HEADER.cellsUsed, entry.cells)
      if (state === STATE.removing) this.#remove(entry)
      else if (isNamed(entry)) this.#link(entry)
    }
    Atomics.store(header, HEADER.dirty, 0)
  }
}

/** FNV-1a of the name, a zero, and the labels. */
function hashOf(name: Uint8Array, labels: Uint8Array): number {
  let hash = 2166136261
  const mix = (byte: number): void => {
    hash = Math.imul(hash ^ byte, 16777619)
  }
  name.forEach(mix)
  mix(0)
  labels.forEach(mix)
  return hash | 0
}
