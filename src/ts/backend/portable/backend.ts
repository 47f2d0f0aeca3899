import { lengthAs } from '../../base/arrays'
import { threads, util } from '../../base/builtins'
import { type Backend, type EntryInfo, KIND, RESULT, TEXTS } from '../../contract/backend'
import { add, addFloat, bitsOf, drain, drainFloat, sum, sumFloat } from './cell'
import { possibleCpus } from './cpus'
import { type Description, MAX_NAME, MAX_TEXT } from './entry'
import { Histogram } from './histogram'
import {
  BYTES,
  CELLS,
  createMemory,
  ENTRIES,
  HEADER,
  isMemory,
  type Memory,
  memoryOf,
  VERSION,
} from './memory'
import { writeRows } from './page'
import { poolCalls } from './pool-calls'
import { Regions } from './region'
import { ringCalls } from './ring-calls'
import { formOf } from './run'
import { survey } from './survey'

const { getEnvironmentData, isMainThread, setEnvironmentData } = threads

/** Threads with another version of the layout find another key. */
const ENVIRONMENT_KEY = `rseq.portable.${VERSION}`

/** A copy of numbers that others may change at any time, or 1 + the index of the first one that does not fit. */
function copyFitting(
  from: ArrayLike<number>,
  length: number,
  fits: (x: number) => boolean,
): Float64Array | number {
  const copy = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    const x = from[i] as number
    if (!fits(x)) return i + 1
    copy[i] = x
  }
  return copy
}

/** What make() is told, in memory of this thread's own, or a result. */
function descriptionOf(
  kind: number,
  byMmCid: boolean,
  shape: number,
  texts: Uint8Array,
  lengths: Uint32Array,
): Description | number {
  const available = lengthAs(texts, 'Uint8Array')
  if (available < 0 || lengthAs(lengths, 'Uint32Array') !== TEXTS.length) return RESULT.damaged
  const copied = TEXTS.map((_, i) => lengths[i] as number)
  if (copied.some((length, i) => length > (i === 0 ? MAX_NAME : MAX_TEXT))) return RESULT.longName
  const total = copied.reduce((total, length) => total + length, 0)
  if (total > available) return RESULT.damaged
  const bytes = new Uint8Array(total)
  for (let i = 0; i < total; i++) bytes[i] = texts[i] as number
  if (!Object.values<number>(KIND).includes(kind)) return RESULT.otherKind
  const form = formOf(kind, shape, () => bytes.slice(total - (copied.at(-1) as number)).buffer)
  if (form === null || (kind === KIND.ring && byMmCid)) return RESULT.damaged
  return { kind, byMmCid, cells: form.cells, shape, texts: bytes, lengths: copied }
}

/** Shared with every thread that was started, directly or not, from one that has imported this. */
function ownMemory(): Memory {
  const inherited = getEnvironmentData(ENVIRONMENT_KEY)
  if (isMemory(inherited)) return memoryOf(inherited)
  const memory = createMemory()
  setEnvironmentData(ENVIRONMENT_KEY, memory.buffer)
  return memory
}

/**
 * Cells without an addon: in a SharedArrayBuffer, added to with Atomics. There is one such memory for this
 * thread and those it descends from or starts; the memory of other threads comes with their handles.
 */
export function portableBackend(): Backend {
  const regions = new Regions(ownMemory())
  const stripes = possibleCpus()
  const encoder = new util.TextEncoder()
  const cellMask = CELLS - 1

  const addInteger = (id: number, n: number): void => {
    const memory = regions.target(id, KIND.counter)
    if (memory !== undefined && Number.isSafeInteger(n)) add(memory, id & cellMask, n)
  }

  const record = (id: number, x: number): void => {
    if (Number.isFinite(x)) regions.histogram(id)?.record(x)
  }

  /** What `read` makes of an entry's first cell, where this thread has it open. */
  const readCell = <T>(
    read: (memory: Memory, cell: number) => T,
    region: number,
    entry: number,
  ): T | undefined => {
    const found = regions.get(region)
    const held = found?.held.get(entry)
    return found && held && read(found.memory, held.cell)
  }

  return {
    ...poolCalls(regions),
    ...ringCalls(regions),
    inc(id) {
      const memory = regions.target(id, KIND.counter)
      if (memory !== undefined) Atomics.add(memory.cells, id & cellMask, 1n)
    },
    addInt32: addInteger,
    add: addInteger,
    addFloat(id, x) {
      const memory = regions.target(id, KIND.sum)
      if (memory !== undefined) addFloat(memory, id & cellMask, x)
    },
    record,
    recordInt32: record,

    addMany(ids, amounts) {
      const length = lengthAs(ids, 'Uint32Array')
      const ints = lengthAs(amounts, 'Int32Array')
      if (length < 0 || Math.max(ints, lengthAs(amounts, 'Float64Array')) !== length) return -1
      // An int32 fits, whatever others make of it meanwhile.
      const checked = ints === length ? amounts : copyFitting(amounts, length, Number.isSafeInteger)
      if (typeof checked === 'number') return checked
      for (let i = 0; i < length; i++) addInteger(ids[i] as number, checked[i] as number)
      return 0
    },
    recordMany(id, samples, positive) {
      const length = lengthAs(samples, 'Float64Array')
      if (length < 0) return -1
      const copy = copyFitting(samples, length, (x) => Number.isFinite(x) && (x >= 0 || !positive))
      if (typeof copy === 'number') return copy
      const histogram = regions.histogram(id)
      if (histogram !== undefined) for (let i = 0; i < length; i++) histogram.record(copy[i] as number)
      return 0
    },
    recordTimes(id, x, times) {
      if (Number.isFinite(x) && Number.isSafeInteger(times)) regions.histogram(id)?.recordTimes(x, times)
    },

    value(region, entry) {
      const n = Number(readCell(sum, region, entry))
      return Number.isSafeInteger(n) ? n : Number.NaN
    },
    floatValue: (region, entry) => readCell(sumFloat, region, entry) ?? Number.NaN,
    bigValue: (region, entry, drained) => readCell(drained ? drain : sum, region, entry),
    drainFloat: (region, entry) => readCell(drainFloat, region, entry) ?? Number.NaN,
    cells: (region, entry) =>
      readCell(
        ({ cells }, cell) => {
          const out = new BigInt64Array(stripes + 1)
          out[stripes] = Atomics.load(cells, cell)
          return out.buffer
        },
        region,
        entry,
      ),
    histogramCells: (region, entry, drained) => regions.run(Histogram, region, entry)?.read(drained),
    mergeHistogram(region, entry, cells) {
      const histogram = regions.run(Histogram, region, entry)
      const isCells = lengthAs(cells, 'Float64Array') >= 0
      return isCells && histogram?.merge(Float64Array.from(cells)) ? 1 : 0
    },

    setGauge(id, x) {
      const memory = regions.target(id, KIND.gauge)
      if (memory !== undefined) Atomics.store(memory.cells, id & cellMask, bitsOf(x))
    },
    addGauge(id, x) {
      const memory = regions.target(id, KIND.gauge)
      if (memory !== undefined) addFloat(memory, id & cellMask, x)
    },
    survey(region, into) {
      const found = regions.get(region)
      return found && lengthAs(into, 'Float64Array') >= 0 ? survey(found, into) : undefined
    },
    writeRows(out, numbers, heads, ends, which, state) {
      const fits =
        [out, heads].every((bytes) => lengthAs(bytes, 'Uint8Array') >= 0) &&
        [numbers, state].every((all) => lengthAs(all, 'Float64Array') >= 0) &&
        [ends, which].every((all) => lengthAs(all, 'Uint32Array') >= 0)
      return fits ? writeRows(out, numbers, heads, ends, which, state) : -1
    },
    // Nothing takes a lock back from a thread that ended: one is there as long as the process.
    lead: (region) => (regions.get(region) === undefined ? RESULT.closed : Number(isMainThread)),
    stepDown: () => 0,

    open(region, kind, byMmCid, name, labels) {
      const nameBytes = encoder.encode(name)
      const labelBytes = encoder.encode(labels)
      const fits = nameBytes.length > 0 && nameBytes.length <= MAX_NAME && labelBytes.length <= MAX_TEXT
      if (!fits) return RESULT.longName
      const found = regions.get(region)
      if (found === undefined) return RESULT.closed
      return regions.hold(found, found.directory.open(nameBytes, labelBytes, kind, byMmCid))
    },
    make(region, kind, byMmCid, shape, texts, lengths) {
      const wanted = descriptionOf(kind, byMmCid, shape, texts, lengths)
      if (typeof wanted === 'number') return wanted
      const found = regions.get(region)
      if (found === undefined) return RESULT.closed
      return regions.hold(found, found.directory.make(wanted))
    },
    adopt(region, kind, byMmCid, entry, generation) {
      const found = regions.get(region)
      if (found === undefined) return RESULT.closed
      return regions.hold(found, found.directory.adopt(entry, generation, kind, byMmCid))
    },
    release: (region, entry) => regions.release(region, entry),
    // No other process, and so none that is dead or keeps a lock.
    removeDeadGauges: (region) => (regions.get(region) === undefined ? RESULT.closed : 0),
    setPatience: () => undefined,
    generation: (region, entry) => regions.held(region, entry)?.generation ?? RESULT.closed,
    describe: (region, entry) => regions.get(region)?.directory.describe(entry),
    list(region) {
      const directory = regions.get(region)?.directory
      const found: EntryInfo[] = []
      for (let entry = 0; directory !== undefined && entry < ENTRIES; entry++) {
        const info = directory.describe(entry)
        if (info !== undefined) found.push(info)
      }
      return found
    },

    createFile: () => RESULT.unsupported,
    createMemfd: () => RESULT.unsupported,
    attach: () => RESULT.unsupported,
    sweep: () => 0,
    closeRegion: (region) => regions.close(region),
    checkRegion: (region) => (regions.get(region) === undefined ? RESULT.closed : 0),
    regionInfo(region) {
      const memory = regions.get(region)?.memory
      if (memory === undefined) return undefined
      return {
        inode: 0n,
        nonce: memory.nonce,
        readOnly: false,
        shared: false,
        fd: -1,
        stripes,
        cells: CELLS,
        cellsUsed: Atomics.load(memory.header, HEADER.cellsUsed),
        entries: ENTRIES,
        entriesUsed: Atomics.load(memory.header, HEADER.entriesUsed),
        lostWrites: 0,
        bytes: BYTES,
        limit: 0,
      }
    },
    processes(region) {
      if (regions.get(region) === undefined) return []
      return [{ pid: process.pid, startTime: 0, pidNamespace: 0, alive: true, self: true }]
    },
    key: (region) => regions.get(region)?.memory.buffer ?? '',
    regionOf: (key) => regions.open(key),
  }
}
