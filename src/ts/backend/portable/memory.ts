import { crypto, util } from '../../base/builtins'

/*
 * The portable backend's memory: the header, the directory (chains, entries, bitmaps, texts), and a cell and a baseline for
 * each number. All of it is 0 but the header's first words, so that nobody pays for what nobody uses.
 *
 * Memory that comes with a handle can be anything that somebody made. So every place follows from the constants here, and
 * numbers that are read from the memory are held against these whenever they are used.
 */
const MAGIC = 0x6c636370
export const VERSION = 1

/** Also the number of chains. A power of two. */
export const ENTRIES = 16384
export const CELLS = 2 ** 20
export const TEXT_UNIT = 64
export const TEXT_UNITS = 2 * ENTRIES

/** Words of the header. */
export const HEADER = {
  magic: 0,
  version: 1,
  /** Random, 64 bits: tells this memory from every other. */
  nonce: 2,
  /** The directory's lock (lock.ts): the owner's ticket, or 0. */
  lock: 4,
  tickets: 5,
  /** Somebody changes the directory, or died at it: see repair() in directory.ts. */
  dirty: 6,
  entriesUsed: 7,
  cellsUsed: 8,
  entryHint: 9,
  cellHint: 10,
  textHint: 11,
} as const
const HEADER_WORDS = 16

/** Words of an entry. */
export const ENTRY = {
  /** One of {@link STATE}. Stored last: it decides what is found of a thread that died half way. */
  state: 0,
  /** One more for each owner. */
  generation: 1,
  /** How often all threads together have it open. */
  opened: 2,
  /** Of name and labels. */
  hash: 3,
  /** In its chain: entry + 1, or 0. */
  next: 4,
  kind: 5,
  byMmCid: 6,
  /** The kind's own. */
  shape: 7,
  /** The first one. */
  cell: 8,
  cells: 9,
  /** The first unit. */
  text: 10,
  /** Of the texts, one behind the other, in bytes. */
  lengths: 11,
} as const
export const ENTRY_WORDS = 16

export const STATE = {
  free: 0,
  live: 1,
  /** Nobody has it open; its cells are being set to 0. */
  removing: 2,
} as const

const CHAINS_AT = HEADER_WORDS * 4
const ENTRIES_AT = CHAINS_AT + ENTRIES * 4
const ENTRY_MAP_AT = ENTRIES_AT + ENTRIES * ENTRY_WORDS * 4
const CELL_MAP_AT = ENTRY_MAP_AT + ENTRIES / 8
const TEXT_MAP_AT = CELL_MAP_AT + CELLS / 8
const TEXTS_AT = TEXT_MAP_AT + TEXT_UNITS / 8
const CELLS_AT = TEXTS_AT + TEXT_UNITS * TEXT_UNIT
const BASELINES_AT = CELLS_AT + CELLS * 8
export const BYTES = BASELINES_AT + CELLS * 8

/** Memory of this layout, by its parts. */
export type Memory = ReturnType<typeof memoryOf>

/** @param buffer see {@link isMemory} */
export function memoryOf(buffer: SharedArrayBuffer) {
  return {
    buffer,
    header: new Int32Array(buffer, 0, HEADER_WORDS),
    /** This thread's own copy: nobody can change it. */
    nonce: nonceOf(buffer),
    chains: new Int32Array(buffer, CHAINS_AT, ENTRIES),
    entries: new Int32Array(buffer, ENTRIES_AT, ENTRIES * ENTRY_WORDS),
    entryMap: new Int32Array(buffer, ENTRY_MAP_AT, ENTRIES / 32),
    cellMap: new Int32Array(buffer, CELL_MAP_AT, CELLS / 32),
    textMap: new Int32Array(buffer, TEXT_MAP_AT, TEXT_UNITS / 32),
    texts: new Uint8Array(buffer, TEXTS_AT, TEXT_UNITS * TEXT_UNIT),
    /** What was added: int64, or the bits of a double. */
    cells: new BigInt64Array(buffer, CELLS_AT, CELLS),
    /** Of each cell, what was in it at the last drain. */
    baselines: new BigInt64Array(buffer, BASELINES_AT, CELLS),
    /** The cells again: keys of extremes have no sign (histogram.ts). */
    keys: new BigUint64Array(buffer, CELLS_AT, CELLS),
    /** The cells again, two words each: pools need no more (pool.ts). */
    words: new Int32Array(buffer, CELLS_AT, 2 * CELLS),
    /** … and as what a ring's records are (ring.ts). */
    doubles: new Float64Array(buffer, CELLS_AT, CELLS),
    bytes: new Uint8Array(buffer, CELLS_AT, CELLS * 8),
  } as const
}

export function nonceOf(buffer: SharedArrayBuffer): bigint {
  return new BigUint64Array(buffer, HEADER.nonce * 4, 1)[0] as bigint
}

export function createMemory(): Memory {
  const buffer = new SharedArrayBuffer(BYTES)
  const header = new Int32Array(buffer, 0, HEADER_WORDS)
  header.set(crypto().randomFillSync(new Int32Array(2)), HEADER.nonce)
  header[HEADER.magic] = MAGIC
  header[HEADER.version] = VERSION
  return memoryOf(buffer)
}

/** Whether it says that it is memory of this layout. What it holds is not believed for that. */
export function isMemory(value: unknown): value is SharedArrayBuffer {
  // Not its own `byteLength`, which can be a property that somebody gave it.
  if (!util.types.isSharedArrayBuffer(value) || new Uint8Array(value).length !== BYTES) return false
  const header = new Int32Array(value, 0, HEADER_WORDS)
  return header[HEADER.magic] === MAGIC && header[HEADER.version] === VERSION
}
