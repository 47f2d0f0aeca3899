import { util } from '../../base/builtins'
import { type EntryInfo, KIND, TEXTS } from '../../contract/backend'
import { CELLS, ENTRIES, ENTRY, ENTRY_WORDS, type Memory, STATE, TEXT_UNIT, TEXT_UNITS } from './memory'

export const MAX_NAME = 240
/** Bytes of any other text. */
export const MAX_TEXT = 32768
const MAX_KIND = Object.keys(KIND).length

/** What an entry is to be. */
export interface Description {
  /** One of {@link KIND}. */
  readonly kind: number
  readonly byMmCid: boolean
  readonly cells: number
  readonly shape: number
  /** In the order of {@link TEXTS}, one behind the other. A name of length 0: found by its number alone. */
  readonly texts: Uint8Array
  readonly lengths: readonly number[]
}

/** A copy of an entry, every number of which is in bounds. */
export interface Entry extends Omit<Description, 'texts'> {
  readonly number: number
  readonly generation: number
  readonly hash: number
  readonly cell: number
  /** The first unit of its texts. */
  readonly text: number
}

/** The text's units, whether or not that many are there. */
export function unitsOf({ lengths }: Pick<Entry, 'lengths'>): number {
  return Math.ceil(lengths.reduce((sum, length) => sum + length, 0) / TEXT_UNIT)
}

export function isNamed({ lengths }: Pick<Entry, 'lengths'>): boolean {
  return lengths[0] !== 0
}

/** Whether a number is one of those that the memory has entries for. */
export function isEntry(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number < ENTRIES
}

/** Reads, once, every word of an entry. @returns null where it is not in use, or says what cannot be */
export function copyEntry({ entries }: Memory, number: number): Entry | null {
  const at = number * ENTRY_WORDS
  // First: so what is in use is of that owner, or of a later one, which isStill() tells.
  const generation = Atomics.load(entries, at + ENTRY.generation) >>> 0
  const state = Atomics.load(entries, at + ENTRY.state)
  if (state !== STATE.live && state !== STATE.removing) return null
  const get = (word: number): number => (entries[at + word] as number) >>> 0
  const entry: Entry = {
    number,
    generation,
    hash: get(ENTRY.hash) | 0,
    kind: get(ENTRY.kind),
    byMmCid: get(ENTRY.byMmCid) !== 0,
    shape: get(ENTRY.shape),
    cell: get(ENTRY.cell),
    cells: get(ENTRY.cells),
    text: get(ENTRY.text),
    lengths: TEXTS.map((_, i) => get(ENTRY.lengths + i)),
  }
  const fits =
    entry.kind >= 1 &&
    entry.kind <= MAX_KIND &&
    entry.cells >= 1 &&
    entry.cell + entry.cells <= CELLS &&
    entry.lengths.every((length, i) => length <= (i === 0 ? MAX_NAME : MAX_TEXT)) &&
    entry.text + unitsOf(entry) <= TEXT_UNITS
  return fits ? entry : null
}

/** Whether what was read without the lock, of entry, cells or texts, is that owner's. */
export function isStill({ entries }: Memory, { number, generation }: Entry): boolean {
  const at = number * ENTRY_WORDS
  // The state first. A removal changes the generation behind its zeros: looked at before the state, it could be the
  // old one, and the state a next owner's.
  const isLive = Atomics.load(entries, at + ENTRY.state) === STATE.live
  return isLive && Atomics.load(entries, at + ENTRY.generation) >>> 0 === generation
}

const WORDS = ['hash', 'kind', 'byMmCid', 'shape', 'cell', 'cells', 'text'] as const

/** Writes an entry that is free; it stays so until its state is stored. */
export function fillEntry({ entries, texts }: Memory, entry: Entry, bytes: Uint8Array): void {
  const at = entry.number * ENTRY_WORDS
  entries[at + ENTRY.opened] = 1
  for (const word of WORDS) entries[at + ENTRY[word]] = Number(entry[word])
  entries.set(entry.lengths, at + ENTRY.lengths)
  texts.set(bytes, entry.text * TEXT_UNIT)
}

/** Where a text of an entry begins, in bytes. */
function textAt(entry: Entry, which: number): number {
  return entry.lengths.slice(0, which).reduce((sum, length) => sum + length, entry.text * TEXT_UNIT)
}

/** A copy of one of {@link TEXTS}. */
export function textOf({ texts }: Memory, entry: Entry, which: number): Uint8Array<ArrayBuffer> {
  const at = textAt(entry, which)
  return new Uint8Array(texts.subarray(at, at + (entry.lengths[which] as number)))
}

/** Whether an entry has that text. */
export function hasText({ texts }: Memory, entry: Entry, which: number, wanted: Uint8Array): boolean {
  if (entry.lengths[which] !== wanted.length) return false
  const at = textAt(entry, which)
  return wanted.every((byte, i) => texts[at + i] === byte)
}

const decoder = new util.TextDecoder('utf-8', { ignoreBOM: true })

export function describe(memory: Memory, entry: Entry): EntryInfo {
  const { number, generation, kind, byMmCid, cells, shape } = entry
  const text = (which: number): string => decoder.decode(textOf(memory, entry, which))
  const [name, labels, help, unit] = [text(0), text(1), text(2), text(3)]
  const extra = textOf(memory, entry, TEXTS.indexOf('extra')).buffer
  return { entry: number, generation, kind, byMmCid, cells, shape, name, labels, help, unit, extra }
}
