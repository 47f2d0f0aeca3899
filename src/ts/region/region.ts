import { loaded } from '../backend/addon'
import { backend } from '../backend/backend'
import { buffer } from '../base/builtins'
import { attempted, RseqError } from '../base/errors'
import { booleanOf, checkObject, integerOf, stringOf, typeError } from '../base/validate'
import {
  KIND,
  type Kind,
  PROCESS_REGION,
  RESULT,
  type RegionKey,
  type RegionProcess,
} from '../contract/backend'
import { succeed } from '../contract/results'
import { settle } from '../thread/cpu'
import { warnOfDamage } from './damage'
import type { RegionAttachOptions, RegionCreateOptions, RegionEntry, RegionUsage } from './info'
import { leaveService, openService } from './service/open'

/** By the native side's numbers. */
export const LIMITS = [null, 'address space', 'strict overcommit'] as const
const KINDS = new Map<number, Kind>(Object.entries(KIND).map(([kind, number]) => [number, kind as Kind]))

function isPair(value: unknown): value is [string, string] {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((part) => typeof part === 'string' && part.isWellFormed())
  )
}

/** @internal The labels of an entry, as they were given; null where these are none. */
export function labelsOf(text: string): Readonly<Record<string, string>> | null {
  if (text === '') return {}
  const pairs: unknown = attempted(() => JSON.parse(text), null)
  return Array.isArray(pairs) && pairs.every(isPair) ? Object.fromEntries(pairs) : null
}

/** Only this module has it, so nobody else makes regions. */
const TOKEN = Symbol('Region')

/** @internal The region's number. @throws {TypeError | RseqError} for anything but a region, and `ERR_RSEQ_CLOSED` */
export let regionNumber: (region: unknown, what: string) => number

/** @internal This thread's object for a region that it has just opened once more. */
export let regionOfNumber: (number: number, path?: string | null) => Region

/**
 * The memory under per-CPU objects. {@link Region.process} is this process's own; others are shared between
 * processes, and live as long as their file or as anybody has them. What is counted in a shared region survives the
 * death of any process: a killed process loses nothing that it has added, and holds nobody up.
 *
 * Names are looked up per region. All functions may be used in every thread; a thread's regions are the process's.
 */
export class Region {
  readonly #number: number
  readonly #path: string | null
  #closed = false

  static {
    regionNumber = (region, what) => {
      if (typeof region !== 'object' || region === null || !(#number in region)) {
        throw typeError(what, 'a Region', region)
      }
      if (region.#closed) throw new RseqError('ERR_RSEQ_CLOSED', `${what}: the region was closed`)
      return region.#number
    }
    regionOfNumber = (number, path = null) => new Region(TOKEN, number, path)
  }

  /** @internal Regions come from `Region.process`, `Region.service`, `Region.create` and `Region.attach`. */
  constructor(token: unknown, number: number, path: string | null) {
    if (token !== TOKEN) throw typeError('new Region', 'Region.create or Region.attach instead', token)
    this.#number = number
    this.#path = path
  }

  /** The region of this process alone: what every object is in unless it is told otherwise. It cannot be closed. */
  static get process(): Region {
    settle()
    processRegion ??= regionOfNumber(PROCESS_REGION)
    return processRegion
  }

  /**
   * The region of the whole service: the same memory in a `cluster` primary, its workers, what they start with
   * `child_process.fork` of the same package once this was first used, and all their threads.
   *
   * It is the file that the environment variable `RSEQ_REGION` names, else one in /dev/shm that belongs to the leader
   * and the application: `RSEQ_SERVICE`, else PM2's name, else the main script. It is removed when the leader exits, if
   * that used it itself; else when the next service starts. Without the addon it is {@link Region.process}.
   *
   * @throws {RangeError} for a `RSEQ_SERVICE` that is too long
   * @throws {RseqError} as {@link Region.create}
   */
  static get service(): Region {
    if (loaded.addon === null) return Region.process
    serviceRegion ??= openService((file) => Region.create({ file }))
    return serviceRegion
  }

  /**
   * A region that other processes can attach to: in a file, which is made if there is none, or in a memfd.
   *
   * @throws {TypeError | RangeError} for options that are none
   * @throws {RseqError} `ERR_RSEQ_FEATURE` without the addon, `ERR_RSEQ_SYSTEM` with the system's `errno`,
   * `ERR_RSEQ_NO_MEMORY`; where the file exists, as {@link Region.attach}
   */
  static create(options: RegionCreateOptions): Region {
    const what = 'Region.create options'
    checkObject(what, options)
    const { file, memfd, cells = 0 } = options
    if (typeof cells !== 'number') throw typeError(`${what}.cells`, 'a number', cells)
    if ('cells' in options) integerOf(`${what}.cells`, cells, 1, 2 ** 24)
    if (memfd !== undefined) booleanOf(`${what}.memfd`, memfd)
    if ((file !== undefined) === (memfd === true)) {
      throw typeError(what, 'either a file or memfd: true', options)
    }
    settle()
    if (file === undefined) {
      const number = succeed(backend.createMemfd(cells), 'Region.create({ memfd: true })')
      const fd = backend.regionInfo(number)?.fd
      return regionOfNumber(number, `/proc/${process.pid}/fd/${fd}`)
    }
    const path = pathOf(file, `${what}.file`)
    return regionOfNumber(
      succeed(backend.createFile(path, cells), `Region.create({ file: '${path}' })`),
      path,
    )
  }

  /**
   * A region that is there: its file, or the {@link Region.path} of another process's memfd.
   *
   * @throws {TypeError | RangeError} for arguments that are none
   * @throws {RseqError} `ERR_RSEQ_SYSTEM` with the system's `errno`, `ERR_RSEQ_REGION_FORMAT`,
   * `ERR_RSEQ_REGION_VERSION`, `ERR_RSEQ_REGION_DAMAGED`, `ERR_RSEQ_REGION_OWNER`, `ERR_RSEQ_REGION_CPUS`,
   * `ERR_RSEQ_REGION_BUSY`, `ERR_RSEQ_REGION_LIMIT`, `ERR_RSEQ_NO_MEMORY`, `ERR_RSEQ_FEATURE` without the addon
   */
  static attach(path: string, options: RegionAttachOptions = {}): Region {
    checkObject('Region.attach options', options)
    const { readOnly = false } = options
    booleanOf('Region.attach options.readOnly', readOnly)
    const checked = pathOf(path, 'Region.attach path')
    settle()
    const number = succeed(backend.attach(checked, readOnly), `Region.attach('${checked}')`)
    return regionOfNumber(number, checked)
  }

  /** What other processes attach to; null for {@link Region.process}. */
  get path(): string | null {
    return this.#path
  }

  /** Only to be looked at: adding to its objects throws `ERR_RSEQ_READ_ONLY`. */
  get readOnly(): boolean {
    return backend.regionInfo(this.#open('readOnly'))?.readOnly ?? false
  }

  /** Other processes can have it. */
  get shared(): boolean {
    return backend.regionInfo(this.#open('shared'))?.shared ?? false
  }

  /** How large it is, and how full. */
  get usage(): RegionUsage {
    const info = backend.regionInfo(this.#open('usage'))
    if (info === undefined)
      throw new RseqError('ERR_RSEQ_NO_MEMORY', 'Region.usage: no memory for the region')
    return {
      cpus: info.stripes,
      cells: info.cells,
      cellsUsed: info.cellsUsed,
      names: info.entries,
      namesUsed: info.entriesUsed,
      lostWrites: info.lostWrites,
      bytes: info.bytes,
      limitedBy: LIMITS[info.limit] ?? null,
    }
  }

  /** Every object in it, made by any process. What is damaged is left out, with one warning. */
  list(): RegionEntry[] {
    const all = backend.list(this.#open('list'))
    const whole = all.flatMap((info) => {
      const labels = info && labelsOf(info.labels)
      if (info === null || labels === null) return []
      const { kind, name, help, unit } = info
      return [{ kind: KINDS.get(kind) ?? 'counter', name: name === '' ? null : name, labels, help, unit }]
    })
    warnOfDamage(this.#path, all.length - whole.length)
    return whole
  }

  /** The processes that are attached to it for counting, and those that have died since and were not yet replaced. */
  processes(): RegionProcess[] {
    return backend.processes(this.#open('processes')).map(({ pidNamespace: _, ...shown }) => shown)
  }

  /**
   * Gives up this object's hold of the region. The process detaches with the last of them, once none of the region's
   * objects is open either. Idempotent; {@link Region.process} stays.
   */
  close(): void {
    if (this.#closed || this.#number === PROCESS_REGION) return
    this.#closed = true
    if (this === serviceRegion) {
      serviceRegion = null
      leaveService()
    }
    backend.closeRegion(this.#number)
  }

  /** @internal */
  toJSON(): object {
    if (this.#closed) return { path: this.#path, closed: true }
    return { path: this.#path, ...this.usage }
  }

  #open(what: string): number {
    const number = regionNumber(this, `Region.${what}`)
    succeed(backend.checkRegion(number), `Region.${what}`)
    return number
  }
}

let processRegion: Region | null = null
let serviceRegion: Region | null = null

function pathOf(path: unknown, what: string): string {
  const fits = (text: string): boolean =>
    text.length > 0 && !text.includes('\0') && buffer.Buffer.byteLength(text) < 4000
  return stringOf(what, path, 'a path of 1 to 4000 bytes', fits)
}

/** @internal The region of a handle, opened once more. @throws {RseqError} `ERR_RSEQ_HANDLE` */
export function regionOfKey(key: RegionKey, what: string): Region {
  const number = backend.regionOf(key)
  if (number === PROCESS_REGION) return Region.process
  if (number === RESULT.absent) {
    throw new RseqError('ERR_RSEQ_HANDLE', `${what}: this process is not attached to the handle's region`)
  }
  return regionOfNumber(succeed(number, what))
}
