import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import { BY_MM_CID, type Cells, FULL, KIND, type Kind, OTHER_KIND, type StripeIndex } from './cells'

/*
 * Cells without an addon: one overflow stripe in a SharedArrayBuffer, added to with Atomics.
 *
 * Layout, in 32-bit words:  0–1 nonce   2 magic   3 cells handed out
 *                           buckets: hash table with linear probing, cell + 1 or 0
 *                           entries: kind and index, hash, length, name
 *                           cells: 8 bytes each
 * As in src/native/region.cc, nothing takes a lock: a thread that is terminated half way costs one cell.
 */
const CELLS = 16384
const BUCKETS = 2 * CELLS
const NAME_BYTES = 240
const ENTRY_BYTES = 12 + NAME_BYTES
const MAGIC = 0x72736571
const MAGIC_WORD = 2
const USED_WORD = 3
const BUCKETS_AT = 16
const ENTRIES_AT = BUCKETS_AT + BUCKETS * 4
const CELLS_AT = ENTRIES_AT + CELLS * ENTRY_BYTES
const BYTES = CELLS_AT + CELLS * 8
/** An id: which of this thread's regions, the cell's number, three bits of which BY_MM_CID is one. */
const ID_SHIFT = 3
const REGION_SHIFT = 17
const ENVIRONMENT_KEY = 'rseq.portable.region'

class PortableRegion {
  readonly memory: SharedArrayBuffer
  readonly words: Int32Array
  readonly bytes: Uint8Array
  readonly cells: BigInt64Array
  /** A cell that this thread took and then lost the race for its name: the next one it hands out. */
  spare = FULL

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.words = new Int32Array(memory, 0, CELLS_AT / 4)
    this.bytes = new Uint8Array(memory)
    this.cells = new BigInt64Array(memory, CELLS_AT, CELLS)
  }

  static create(): PortableRegion {
    const region = new PortableRegion(new SharedArrayBuffer(BYTES))
    const nonce = crypto.getRandomValues(new Int32Array(2))
    region.words.set(nonce)
    region.words[MAGIC_WORD] = MAGIC
    return region
  }

  static isMemory(value: unknown): value is SharedArrayBuffer {
    return (
      value instanceof SharedArrayBuffer &&
      value.byteLength === BYTES &&
      new Int32Array(value, 0, 4)[MAGIC_WORD] === MAGIC
    )
  }

  is(memory: SharedArrayBuffer): boolean {
    const nonce = new Int32Array(memory, 0, 2)
    return nonce[0] === this.words[0] && nonce[1] === this.words[1]
  }

  #takeCell(): number {
    if (this.spare >= 0) {
      const cell = this.spare
      this.spare = FULL
      return cell
    }
    for (;;) {
      const used = Atomics.load(this.words, USED_WORD)
      if (used === CELLS) return FULL
      if (Atomics.compareExchange(this.words, USED_WORD, used, used + 1) === used) return used
    }
  }

  /** Describes a new cell; nobody else knows its number until open() publishes it. */
  takeEntry(tag: number, name: Uint8Array, hash: number): number {
    const cell = this.#takeCell()
    if (cell < 0) return cell
    const word = (ENTRIES_AT + cell * ENTRY_BYTES) / 4
    this.words[word + 1] = hash
    this.words[word + 2] = name.length
    this.bytes.set(name, (word + 3) * 4)
    Atomics.store(this.words, word, tag)
    return cell
  }

  tagOf(cell: number): number {
    return Atomics.load(this.words, (ENTRIES_AT + cell * ENTRY_BYTES) / 4)
  }

  #isNamed(cell: number, name: Uint8Array, hash: number): boolean {
    const word = (ENTRIES_AT + cell * ENTRY_BYTES) / 4
    if (this.words[word + 1] !== hash || this.words[word + 2] !== name.length) return false
    const at = (word + 3) * 4
    return name.every((byte, i) => this.bytes[at + i] === byte)
  }

  open(tag: number, name: Uint8Array): number {
    const hash = hashOf(name)
    let mine = FULL
    for (let i = (hash >>> 0) % BUCKETS; ; i = (i + 1) % BUCKETS) {
      const bucket = BUCKETS_AT / 4 + i
      let found = Atomics.load(this.words, bucket)
      if (found === 0) {
        if (mine < 0) mine = this.takeEntry(tag, name, hash)
        if (mine < 0) return mine
        found = Atomics.compareExchange(this.words, bucket, 0, mine + 1)
        if (found === 0) return mine
      }
      if (!this.#isNamed(found - 1, name, hash)) continue
      if (mine >= 0) this.spare = mine // another thread was first with this name
      return this.tagOf(found - 1) === tag ? found - 1 : OTHER_KIND
    }
  }
}

/** FNV-1a. */
function hashOf(name: Uint8Array): number {
  let hash = 2166136261
  for (const byte of name) hash = Math.imul(hash ^ byte, 16777619)
  return hash | 0
}

/** Kind and index as one number, never 0. */
function tagOf(kind: Kind, index: StripeIndex): number {
  return KIND[kind] * 2 + (index === 'mm_cid' ? BY_MM_CID : 0)
}

/** The bound of CPU numbers where no addon can tell. */
export function possibleCpus(): number {
  try {
    const last = /(\d+)\s*$/.exec(readFileSync('/sys/devices/system/cpu/possible', 'latin1'))
    if (last) return Number(last[1]) + 1
  } catch {
    // not Linux, or no /sys
  }
  return availableParallelism()
}

/**
 * Cells shared with every thread that was started, directly or not, from a thread that had already
 * imported this module; with other threads, through handles.
 */
export function portableCells(): Cells {
  const inherited = getEnvironmentData(ENVIRONMENT_KEY)
  const own = PortableRegion.isMemory(inherited) ? new PortableRegion(inherited) : PortableRegion.create()
  setEnvironmentData(ENVIRONMENT_KEY, own.memory)
  const regions = [own]
  const stripes = possibleCpus() + 1
  const region = (id: number): PortableRegion => regions[id >>> REGION_SHIFT] as PortableRegion
  const cellOf = (id: number): number => (id >>> ID_SHIFT) % CELLS
  const words = new BigInt64Array(1)
  const double = new Float64Array(words.buffer)
  const asDouble = (bits: bigint): number => {
    words[0] = bits
    return double[0] as number
  }
  const asBits = (x: number): bigint => {
    double[0] = x
    return words[0] as bigint
  }
  const idOf = (cell: number, index: StripeIndex): number =>
    cell < 0 ? cell : (cell << ID_SHIFT) | (index === 'mm_cid' ? BY_MM_CID : 0)

  const add = (id: number, n: number): void => {
    Atomics.add(region(id).cells, cellOf(id), BigInt(n))
  }

  return {
    inc(id) {
      Atomics.add(region(id).cells, cellOf(id), 1n)
    },
    addInt32: add,
    add,
    addFloat(id, x) {
      const cells = region(id).cells
      const cell = cellOf(id)
      for (let bits = Atomics.load(cells, cell); ; ) {
        const found = Atomics.compareExchange(cells, cell, bits, asBits(asDouble(bits) + x))
        if (found === bits) return
        bits = found
      }
    },
    addMany(ids, amounts) {
      if (!amounts.every((n: number) => Number.isSafeInteger(n))) return false
      for (let i = 0; i < ids.length; i++) add(ids[i] as number, amounts[i] as number)
      return true
    },
    value(id) {
      const sum = Number(Atomics.load(region(id).cells, cellOf(id)))
      return Number.isSafeInteger(sum) ? sum : Number.NaN
    },
    floatValue: (id) => asDouble(Atomics.load(region(id).cells, cellOf(id))),
    bits(id) {
      const out = new BigInt64Array(stripes)
      out[out.length - 1] = Atomics.load(region(id).cells, cellOf(id))
      return out.buffer
    },
    create: (kind, index) => idOf(own.takeEntry(tagOf(kind, index), new Uint8Array(0), 0), index),
    open: (kind, index, name) => idOf(own.open(tagOf(kind, index), name), index),
    adopt(kind, key, id) {
      if (!PortableRegion.isMemory(key)) return null
      let number = regions.findIndex((known) => known.is(key))
      if (number < 0) number = regions.push(new PortableRegion(key)) - 1
      const cell = cellOf(id)
      const index = (id & BY_MM_CID) !== 0 ? 'mm_cid' : 'cpu'
      const known = regions[number] as PortableRegion
      if (id !== idOf(cell, index) || known.tagOf(cell) !== tagOf(kind, index)) return OTHER_KIND
      return (number << REGION_SHIFT) | id
    },
    handle: (id) => ({ key: region(id).memory, id: id % 2 ** REGION_SHIFT }),
  }
}
