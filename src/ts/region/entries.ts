import { backend } from '../backend/backend'
import { buffer, util } from '../base/builtins'
import { RseqError } from '../base/errors'
import { checkObject, oneOf, rangeError, show, stringOf, typeError } from '../base/validate'
import {
  type EntryInfo,
  KIND,
  type Kind,
  NO_ID,
  RESULT,
  type RegionKey,
  type StripeIndex,
} from '../contract/backend'
import type { Shape } from '../contract/buckets'
import { failure, succeed } from '../contract/results'
import { settle } from '../thread/cpu'
import { keepWhole } from './healing'
import { CLASS_NAMES, Opening, REFUSED } from './opening'
import { labelsOf, Region, regionNumber, regionOfKey } from './region'

/** How to make a per-CPU object. */
export interface PerCpuOptions {
  /**
   * How a thread finds its stripe: by the CPU it runs on (default), or by its concurrency id, which keeps
   * to the low stripes in a process with fewer threads than CPUs. On kernels without mm_cid (before 6.3)
   * such an object is exact too, through its overflow cell. An mm_cid belongs to one process: refused in shared
   * regions.
   */
  readonly index?: StripeIndex
  /** Where its memory is; `Region.process` by default. */
  readonly region?: Region
}

/** How to make, or find, an object by its name. */
export interface NamedOptions extends PerCpuOptions {
  /** A name with other labels is another object. Keys in any order. */
  readonly labels?: Readonly<Record<string, string>>
  /** What it counts, for people. Kept by whoever makes it. */
  readonly help?: string
  /** In what, such as `bytes` or `seconds`. Kept by whoever makes it. */
  readonly unit?: string
}

/**
 * What `postMessage` carries to another thread of the same process, or to another process that is attached to the
 * same region. Make it with `.handle`, open it with `.from(handle)`; the fields are not for other use.
 */
export interface PerCpuHandle<K extends Kind = Kind> {
  /** What it is a handle of. */
  readonly rseq: K
  /** Tells its region from every other. */
  readonly region: RegionKey
  /** Its place there … */
  readonly entry: number
  /** … and which owner of that place it is. */
  readonly generation: number
  /** What chooses a thread's cell. */
  readonly index: StripeIndex
}

/** A kind's own part of an entry; counters and sums have none. */
type OwnPart = Partial<Shape>

interface Where {
  readonly region: Region
  readonly number: number
  readonly index: StripeIndex
}

/** Looks at nothing that runs code of the caller's once the region is known: that could close it. */
function whereOf(kind: Kind, options: PerCpuOptions | undefined): Where {
  if (options === undefined) return { region: Region.process, number: 0, index: 'cpu' }
  const what = `${CLASS_NAMES[kind]} options`
  checkObject(what, options)
  const { index = 'cpu', region = Region.process } = options
  oneOf(`${what}.index`, index, 'cpu', 'mm_cid')
  const number = regionNumber(region, `${what}.region`)
  if (number !== 0) succeed(backend.checkRegion(number), what)
  if (index === 'mm_cid' && (number !== 0 || (kind !== 'counter' && kind !== 'sum'))) {
    throw rangeError(`${what}.index`, "'cpu' in a shared region, and for all but counters and sums", index)
  }
  return { region, number, index }
}

/** As the directory keeps them: pairs in order of their keys. Empty: none. */
export function canonical(labels: unknown, what: string): string {
  if (labels === undefined) return ''
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) {
    throw typeError(what, 'an object of strings', labels)
  }
  const pairs: [string, string][] = []
  for (const key of Object.keys(labels).sort()) {
    const isRight = (text: string): boolean => key.isWellFormed() && text.isWellFormed()
    const value = (labels as Record<string, unknown>)[key]
    pairs.push([key, stringOf(`${what}.${key}`, value, 'a well-formed string', isRight)])
  }
  return pairs.length === 0 ? '' : JSON.stringify(pairs)
}

function checkName(name: unknown): void {
  stringOf('name', name, '1 to 240 bytes of UTF-8', ({ length }) => length > 0 && length <= 240)
  // Encoding maps every lone surrogate to the same bytes: two such names would be one.
  stringOf('name', name, 'a well-formed string', (text) => text.isWellFormed())
}

function opening(kind: Kind, where: Where, answer: number, name: string | null, ownsRegion = false): Opening {
  const entry = Math.floor(answer / 2 ** 32)
  const id = answer % 2 ** 32
  const hot = id === NO_ID ? REFUSED : id
  keepWhole(where.number, kind)
  return new Opening(kind, where.region, where.number, entry, hot, where.index, name, ownsRegion)
}

const encoder = new util.TextEncoder()

function make(kind: Kind, where: Where, own: OwnPart, texts: readonly string[]): number {
  const { shape = 0, extra = new Float64Array(0) } = own
  const bytes = new Uint8Array(extra.buffer, extra.byteOffset, extra.byteLength)
  const all = [...texts.map((text) => encoder.encode(text)), bytes]
  const lengths = Uint32Array.from(all, ({ length }) => length)
  return backend.make(
    where.number,
    KIND[kind],
    where.index === 'mm_cid',
    shape,
    buffer.Buffer.concat(all),
    lengths,
  )
}

/** A new, nameless entry. Settles the thread. */
export function openNew(kind: Kind, options: PerCpuOptions | undefined, own: OwnPart = {}): Opening {
  settle()
  const where = whereOf(kind, options)
  const what = `new ${CLASS_NAMES[kind]}`
  return opening(kind, where, succeed(make(kind, where, own, ['', '', '', '']), what), null)
}

function find(kind: Kind, name: string, options: NamedOptions | undefined) {
  settle()
  checkName(name)
  const labels = canonical(options?.labels, 'labels')
  const where = whereOf(kind, options)
  const answer = backend.open(where.number, KIND[kind], where.index === 'mm_cid', name, labels)
  return { where, labels, answer }
}

/** The entry of that name and those labels, new or not: then `own` is of it. */
export function openNamed(
  kind: Kind,
  name: string,
  options: NamedOptions | undefined,
  own: OwnPart = {},
): Opening {
  const { help = '', unit = '' } = options ?? {}
  stringOf('help', help)
  stringOf('unit', unit)
  const { where, labels, answer: found } = find(kind, name, options)
  const answer = found !== RESULT.absent ? found : make(kind, where, own, [name, labels, help, unit])
  if (answer === RESULT.longName && buffer.Buffer.byteLength(name) > 240) {
    throw rangeError('name', '1 to 240 bytes of UTF-8', name)
  }
  if (answer < 0) {
    throw failure(answer, `${CLASS_NAMES[kind]}.named(${JSON.stringify(name)}) by ${where.index}`)
  }
  return opening(kind, where, answer, name)
}

/** The entry of that name and those labels where there is one: nothing is made. Null where it cannot be opened. */
export function openThere(kind: Kind, name: string, options: NamedOptions): Opening | null {
  const { where, answer } = find(kind, name, options)
  return answer < 0 ? null : opening(kind, where, answer, name)
}

function isNumber32(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffffffff
}

/** The entry of a handle. */
export function openHandle(kind: Kind, handle: PerCpuHandle): Opening {
  settle()
  const what = `${CLASS_NAMES[kind]}.from(handle)`
  checkObject(what, handle, 'a handle')
  const { rseq, region: key, entry, generation, index } = handle
  const isKey = typeof key === 'string' || (typeof key === 'object' && key !== null)
  const isIndex = index === 'cpu' || index === 'mm_cid'
  if (typeof rseq !== 'string' || !isKey || !isNumber32(entry) || !isNumber32(generation) || !isIndex) {
    throw typeError(what, 'a handle', handle)
  }
  if (rseq !== kind) {
    throw new RseqError(
      'ERR_RSEQ_KIND',
      `${what}: expected a handle of a ${kind}, received one whose kind is ${show(rseq)}`,
    )
  }
  const region = regionOfKey(key, what)
  const where = { region, number: regionNumber(region, what), index }
  const answer = backend.adopt(where.number, KIND[kind], index === 'mm_cid', entry, generation)
  if (answer < 0) {
    region.close()
    throw failure(answer, what)
  }
  const name = backend.describe(where.number, entry)?.name
  return opening(kind, where, answer, name === undefined || name === '' ? null : name, true)
}

/** Opens the same entry once more. */
export function openAgain(one: Opening): Opening {
  usable(one)
  const generation = succeed(backend.generation(one.number, one.entry), CLASS_NAMES[one.kind])
  const byMmCid = one.index === 'mm_cid'
  const answer = backend.adopt(one.number, KIND[one.kind], byMmCid, one.entry, generation)
  return opening(one.kind, one, succeed(answer, CLASS_NAMES[one.kind]), one.name)
}

/** What to send to another thread. */
export function handleOf<K extends Kind>(kind: K, one: Opening): PerCpuHandle<K> {
  const generation = succeed(backend.generation(one.number, one.entry), `${CLASS_NAMES[kind]}.handle`)
  return Object.freeze({
    rseq: kind,
    region: backend.key(one.number),
    entry: one.entry,
    generation,
    index: one.index,
  })
}

/** @throws {RseqError} where nothing can be done with it any more */
export function usable(one: Opening): Opening {
  if (one.closed) throw new RseqError('ERR_RSEQ_CLOSED', `${CLASS_NAMES[one.kind]}: it was closed`)
  if (one.number !== 0) succeed(backend.checkRegion(one.number), CLASS_NAMES[one.kind])
  return one
}

/**
 * What the backend read, unless the object is closed or the region is lost: the reading itself may have found out.
 *
 * @throws {RseqError} `ERR_RSEQ_HANDLE` where there is nothing, as of something removed from a read-only region
 */
export function present<T>(value: T | undefined, one: Opening): T {
  usable(one)
  if (value === undefined) throw failure(RESULT.absent, CLASS_NAMES[one.kind])
  return value
}

/** @throws {RseqError} where it cannot be written to */
export function writable(one: Opening): Opening {
  usable(one)
  if (one.id < 0) throw refusal(one)
  return one
}

/** Why an object whose hot id is REFUSED cannot be added to. */
export function refusal(one: Opening): RseqError {
  const what = CLASS_NAMES[one.kind]
  if (one.closed) return new RseqError('ERR_RSEQ_CLOSED', `${what}: it was closed`)
  return new RseqError('ERR_RSEQ_READ_ONLY', `${what}: its region is attached for reading only`)
}

/** What an open entry says of its kind's own part, as a message calls it. Where `parse` gives null, it is closed. */
export function partOf<T>(one: Opening, part: string, parse: (info: EntryInfo) => T | null): T {
  const info = backend.describe(one.number, one.entry)
  const found = info ? parse(info) : null
  if (found !== null) return found
  one.release()
  throw new RseqError('ERR_RSEQ_REGION_DAMAGED', `${CLASS_NAMES[one.kind]}: ${part} cannot be read`)
}

/** Of an entry that is not what was asked for: it is closed. @throws {RseqError} `ERR_RSEQ_KIND` */
export function refuseOther(one: Opening, why: string): never {
  one.release()
  const what = `${CLASS_NAMES[one.kind]}.named(${JSON.stringify(one.name)})`
  throw new RseqError('ERR_RSEQ_KIND', `${what}: ${why}`)
}

/** Help, unit and labels, from the directory. */
export function textsOf(one: Opening): {
  labels: Readonly<Record<string, string>>
  help: string
  unit: string
} {
  const found = backend.describe(one.number, one.entry)
  return { labels: labelsOf(found?.labels ?? '') ?? {}, help: found?.help ?? '', unit: found?.unit ?? '' }
}
