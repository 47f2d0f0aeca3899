import { fstatSync, readFileSync } from 'node:fs'
import { backend } from '../../backend/backend'
import type { RegionKey } from '../../contract/backend'
import { PerCpuCounter, PerCpuSum, Region, RseqError } from '../../index'
import { merge } from '../../metrics/merged'
import { Survey } from '../../metrics/survey'
import { regionNumber } from '../../region/region'
import { type Identity, identityOf, leaderOf } from './identity'
import type { Look } from './rows'

/** Linux tells start times in these, whatever it counts in itself. */
const TICKS_PER_SECOND = 100
/** `stat` tells blocks of this many bytes, whatever those of the file system are. */
const BLOCK = 512

/** What is known of a service beside its metrics. */
export interface Facts extends Identity {
  readonly path: string
  /** Of whose file it is, else the process that was there first; null where nobody has been. */
  readonly leader: number | null
  /** Attached for counting. */
  readonly living: number
  /** Attached when they died, and not yet replaced. */
  readonly dead: number
  /** Since the longest-living one started; null where nobody lives. */
  readonly uptime: number | null
  readonly cpus: number
  readonly names: { readonly used: number; readonly capacity: number }
  readonly cells: { readonly used: number; readonly capacity: number }
  /** Apparent size of its file: what it could take. */
  readonly bytes: number
  /** Bytes that the file takes on its file system, as du tells them: what it costs. */
  readonly occupied: number
  /** Pages that a write had no room for: counts are missing. */
  readonly lostWrites: number
  /** Why nothing more can be read of it. */
  readonly trouble: string | null
}

/** How an object of a region was counted: each CPU, and last the overflow cell. All that was ever added. */
export type Split = readonly number[]

function secondsSinceBoot(): number {
  return Number.parseFloat(readFileSync('/proc/uptime', 'utf8'))
}

/** A service that is looked at. It is not touched: its region is attached for reading only. */
export class Service {
  readonly #region: Region
  readonly #number: number
  readonly #survey: Survey
  readonly #path: string
  readonly #key: RegionKey
  #look: Look | null = null
  #facts: Facts | null = null
  #identity: Identity | null = null

  /**
   * @param path what to attach to
   * @param shown what it is called
   * @throws as `Region.attach`
   */
  constructor(path: string, shown = path) {
    this.#region = Region.attach(path, { readOnly: true })
    this.#survey = new Survey(this.#region)
    this.#path = shown
    this.#number = regionNumber(this.#region, 'region')
    this.#key = backend.key(this.#number)
  }

  /**
   * What it counts now. Once the region is lost: the last that was seen, and `facts` says so.
   *
   * @throws {RseqError} where it was lost before anything was seen
   */
  look(): Look {
    try {
      const look = { at: performance.now(), metrics: merge(this.#survey.read()) }
      this.#facts = this.#read()
      this.#look = look
      return look
    } catch (error) {
      if (!(error instanceof RseqError) || this.#look === null || this.#facts === null) throw error
      this.#facts = { ...this.#facts, living: 0, uptime: null, trouble: error.message }
      return this.#look
    }
  }

  /** At the time of the last look. */
  get facts(): Facts {
    this.#facts ??= this.#read()
    return this.#facts
  }

  /**
   * The cells of a counter or sum of the last look; null of everything else, and where it is gone. They are read later
   * than the look.
   */
  split({ series }: Look['metrics'][number]): Split | null {
    const { kind, entry, generation } = series
    if (kind !== 'counter' && kind !== 'sum') return null
    // By its place: in a damaged region, another one may have its name, or nobody.
    const handle = { region: this.#key, entry, generation, index: 'cpu' } as const
    try {
      const object =
        kind === 'counter'
          ? PerCpuCounter.from({ ...handle, rseq: kind })
          : PerCpuSum.from({ ...handle, rseq: kind })
      try {
        return Array.from(object.perCpu() as ArrayLike<number | bigint>, Number)
      } finally {
        object.close()
      }
    } catch (error) {
      // It was given back since, or the region was lost, which the next look finds out.
      if (error instanceof RseqError) return null
      throw error
    }
  }

  /** Of the open file: another one may have its path by now, or none. */
  #occupied(): number {
    const fd = backend.regionInfo(this.#number)?.fd ?? -1
    return fd < 0 ? 0 : fstatSync(fd).blocks * BLOCK
  }

  close(): void {
    this.#region.close()
  }

  #read(): Facts {
    const { cpus, names, namesUsed, cells, cellsUsed, bytes, lostWrites } = this.#region.usage
    const processes = this.#region.processes()
    const living = processes.filter(({ alive }) => alive)
    const byAge = processes.toSorted((a, b) => a.startTime - b.startTime)
    const oldest = byAge.find(({ alive }) => alive)
    const uptime = oldest && Math.max(0, secondsSinceBoot() - oldest.startTime / TICKS_PER_SECOND)
    // Who was asked once need not be asked again.
    const identity =
      this.#identity ??
      identityOf(
        this.#path,
        living.map(({ pid }) => pid),
      )
    if (identity.rule !== null) this.#identity = identity
    return {
      ...identity,
      path: this.#path,
      leader: leaderOf(this.#path) ?? byAge[0]?.pid ?? null,
      living: living.length,
      dead: processes.length - living.length,
      uptime: uptime ?? null,
      cpus,
      names: { used: namesUsed, capacity: names },
      cells: { used: cellsUsed, capacity: cells },
      bytes,
      occupied: this.#occupied(),
      lostWrites,
      trouble: null,
    }
  }
}
