import {
  BY_MM_CID,
  type Cells,
  FULL,
  KIND,
  type Kind,
  NO_MEMORY,
  OTHER_KIND,
  type RegionKey,
  type StripeIndex,
} from './cells'
import { settle } from './cpu'
import { RseqError, rangeError, show, typeError } from './errors'
import { loadFastCalls } from './fastcalls'
import { mailedCalls } from './mailbox'
import { type Addon, type HotCalls, loaded } from './native'
import { portableCells } from './portable'

/** The hot operations as V8 fast calls, or null: then they are N-API calls. */
export const fastCalls: HotCalls | null = loaded.addon ? loadFastCalls(loaded.addon) : null

/** Cells in the addon's region: one for all threads of the process. */
function nativeCells(addon: Addon): Cells {
  const tag = (index: StripeIndex): number => (index === 'mm_cid' ? BY_MM_CID : 0)
  const key = (): string => addon.regionInfo()?.nonce.toString(16) ?? ''
  const { inc, addInt32, add, addFloat } = fastCalls ?? mailedCalls(addon) ?? addon
  return {
    inc,
    addInt32,
    add,
    addFloat,
    addMany: addon.addMany,
    value: addon.value,
    floatValue: addon.floatValue,
    bits(id) {
      const out = new ArrayBuffer(((addon.regionInfo()?.stripes ?? 0) + 1) * 8)
      addon.cells(id, out)
      return out
    },
    create: (kind, index) => addon.create(KIND[kind], tag(index)),
    open: (kind, index, name) => addon.open(KIND[kind], tag(index), name),
    adopt: (kind, from, id) => (from === key() ? addon.check(KIND[kind], id) : null),
    handle: (id) => ({ key: key(), id }),
  }
}

/** The cells of this process: the addon's, or the portable ones where there is no addon. */
export const cells: Cells = loaded.addon ? nativeCells(loaded.addon) : portableCells()

/** How to make a per-CPU object. */
export interface PerCpuOptions {
  /**
   * How a thread finds its stripe: by the CPU it runs on (default), or by its concurrency id, which keeps
   * to the low stripes in a process with fewer threads than CPUs. On kernels without mm_cid (before 6.3)
   * such an object is exact too, through its overflow cell.
   */
  readonly index?: StripeIndex
}

/**
 * What `postMessage` carries to another thread of the same process. Make it with `.handle`, open it with
 * `.from(handle)`; the fields are not for other use.
 */
export interface PerCpuHandle<K extends Kind = Kind> {
  readonly rseq: K
  readonly region: RegionKey
  readonly id: number
  readonly name: string | null
}

/** One object's cell. */
export interface Cell {
  readonly id: number
  readonly name: string | null
  readonly index: StripeIndex
}

const CLASS_NAMES: Record<Kind, string> = { counter: 'PerCpuCounter', sum: 'PerCpuSum' }

function indexOf(kind: Kind, options: PerCpuOptions | undefined): StripeIndex {
  if (options === undefined) return 'cpu'
  const what = `${CLASS_NAMES[kind]} options`
  if (typeof options !== 'object' || options === null) throw typeError(what, 'an object', options)
  const index = options.index ?? 'cpu'
  if (typeof index !== 'string') throw typeError(`${what}.index`, "'cpu' or 'mm_cid'", index)
  if (index !== 'cpu' && index !== 'mm_cid') throw rangeError(`${what}.index`, "'cpu' or 'mm_cid'", index)
  return index
}

/** UTF-8 of a name; the directory keeps 240 bytes of it. */
function bytesOf(name: string): Uint8Array {
  const what = 'name'
  if (typeof name !== 'string') throw typeError(what, 'a string', name)
  const bytes = new TextEncoder().encode(name)
  if (bytes.length === 0 || bytes.length > 240) throw rangeError(what, '1 to 240 bytes of UTF-8', name)
  // Encoding maps every lone surrogate to the same bytes: two such names would be one.
  if (!name.isWellFormed()) throw rangeError(what, 'a well-formed string', name)
  return bytes
}

/** @param what the object, as a message calls it */
function idOrThrow(id: number, what: string): number {
  if (id >= 0) return id
  switch (id) {
    case FULL:
      throw new RseqError('ERR_RSEQ_REGION_FULL', `${what}: the process's region has no free cell left`)
    case NO_MEMORY:
      throw new RseqError('ERR_RSEQ_NO_MEMORY', `${what}: no memory could be mapped for the process's region`)
    case OTHER_KIND:
      throw new RseqError(
        'ERR_RSEQ_KIND',
        `${what}: it exists as another kind of object, or with another index`,
      )
    default:
      throw new RangeError(`unknown result ${id}`)
  }
}

/** Options under which a constructor takes an existing cell; made by {@link opened} alone. */
const CELL = Symbol('cell')

/** What a static factory gives its constructor: the cell that it found. */
export function opened(cell: Cell): PerCpuOptions {
  return { [CELL]: cell } as PerCpuOptions
}

/** A constructor's cell: the one that a factory opened, or a new, nameless one. Settles the thread. */
export function cellOf(kind: Kind, options: PerCpuOptions | undefined): Cell {
  settle()
  const index = indexOf(kind, options)
  const existing = (options as { [CELL]?: Cell } | undefined)?.[CELL]
  return (
    existing ?? { id: idOrThrow(cells.create(kind, index), `new ${CLASS_NAMES[kind]}`), name: null, index }
  )
}

/** The cell of that name, new or not. */
export function namedCell(kind: Kind, name: string, options: PerCpuOptions | undefined): Cell {
  const bytes = bytesOf(name)
  const index = indexOf(kind, options)
  const what = `${CLASS_NAMES[kind]}.named(${JSON.stringify(name)}) by ${index}`
  return { id: idOrThrow(cells.open(kind, index, bytes), what), name, index }
}

/** The cell of a handle. */
export function handleCell(kind: Kind, handle: PerCpuHandle): Cell {
  const what = `${CLASS_NAMES[kind]}.from(handle)`
  if (typeof handle !== 'object' || handle === null) throw typeError(what, 'a handle', handle)
  const { rseq, region, id, name } = handle
  const isKey = typeof region === 'string' || region instanceof SharedArrayBuffer
  if (typeof rseq !== 'string' || !isKey || !Number.isInteger(id) || id < 0 || id > 0xffffffff) {
    throw typeError(what, 'a handle', handle)
  }
  if (name !== null && typeof name !== 'string') throw typeError(`${what}.name`, 'a string or null', name)
  if (rseq !== kind)
    throw new RseqError('ERR_RSEQ_KIND', `${what}: expected a ${kind}, received a ${show(rseq)} handle`)
  const adopted = cells.adopt(kind, region, id)
  if (adopted === null) {
    throw new RseqError('ERR_RSEQ_HANDLE', `${what}: the handle was not made in this process`)
  }
  return { id: idOrThrow(adopted, what), name, index: (id & BY_MM_CID) !== 0 ? 'mm_cid' : 'cpu' }
}

/** What to send to another thread. */
export function handleOf<K extends Kind>(kind: K, cell: Cell): PerCpuHandle<K> {
  const { key, id } = cells.handle(cell.id)
  return Object.freeze({ rseq: kind, region: key, id, name: cell.name })
}
