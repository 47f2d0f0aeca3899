import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'

/** Where the numbers of a histogram are that are not counts of its buckets. */
export const SUM = 0
export const MIN = 1
export const MAX = 2
export const COUNTS = 3

/** What a series has counted: a sum alone, or of a histogram what these places say. */
export type Numbers = readonly number[]

/** What had been counted at a time, of each series. */
export type Totals = Map<string, Numbers>

export interface Checkpoint {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly totals: Totals
}

/** How far a reader's deltas have come. */
export interface State {
  /** What was delivered. */
  readonly delivered: Checkpoint
  /** What was handed out, and nobody knows whether it arrived: series that have changed since. */
  readonly pending: Checkpoint | null
}

/** Where a state outlives the process that keeps it. */
export interface Store {
  /** @returns null: there is none; an error: it is damaged, or of another region */
  read(): State | null | Error
  /** @throws what the system says; then nothing has changed */
  write(state: State): void
}

const VERSION = 1

function checkpointOf(value: unknown): Checkpoint | null {
  if (typeof value !== 'object' || value === null) return null
  const { time, totals } = value as { time?: unknown; totals?: unknown }
  if (!Number.isSafeInteger(time) || typeof totals !== 'object' || totals === null) return null
  const entries = Object.entries(totals as Record<string, unknown>)
  const isSound = entries.every(
    ([, numbers]) => Array.isArray(numbers) && numbers.length > 0 && numbers.every(Number.isFinite),
  )
  return isSound ? { time: time as number, totals: new Map(entries as [string, number[]][]) } : null
}

function parse(text: string, region: string): State | Error {
  let value: Record<string, unknown>
  try {
    value = JSON.parse(text) as Record<string, unknown>
  } catch {
    return new Error('it is not JSON')
  }
  if (value?.version !== VERSION || value.region !== region) return new Error('it is of another region')
  const delivered = checkpointOf(value.delivered)
  const pending = value.pending === null ? null : checkpointOf(value.pending)
  const isSound = delivered !== null && (value.pending === null || pending !== null)
  return isSound ? { delivered, pending } : new Error('it has other contents than expected')
}

function textOf({ delivered, pending }: State, region: string): string {
  const plain = ({ time, totals }: Checkpoint) => ({ time, totals: Object.fromEntries(totals) })
  return JSON.stringify({
    version: VERSION,
    region,
    delivered: plain(delivered),
    pending: pending && plain(pending),
  })
}

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants

/** A file beside the region, written by the one process that plays the reader's role. */
export class FileStore implements Store {
  readonly #path: string
  readonly #region: string

  /** @param region what tells it from another one of the same path */
  constructor(path: string, region: string) {
    this.#path = path
    this.#region = region
  }

  read(): State | null | Error {
    let fd: number
    try {
      fd = openSync(this.#path, O_RDONLY | O_NOFOLLOW)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return code === 'ENOENT' ? null : (error as Error)
    }
    try {
      const file = fstatSync(fd)
      // The folder may be everybody's.
      const isOwn = file.isFile() && file.uid === (process.geteuid?.() ?? file.uid)
      return isOwn ? parse(readFileSync(fd, 'utf8'), this.#region) : new Error('it belongs to another user')
    } finally {
      closeSync(fd)
    }
  }

  write(state: State): void {
    const making = `${this.#path}.new`
    // Of a predecessor that was killed, or somebody's link to where nothing is to be written.
    rmSync(making, { force: true })
    const fd = openSync(making, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    try {
      const bytes = Buffer.from(textOf(state, this.#region))
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
    } finally {
      closeSync(fd)
    }
    renameSync(making, this.#path)
  }
}

const remembered = new Map<string, State>()

/** Of a region without a file: as long as the thread, for the providers that follow each other in it. */
export class MemoryStore implements Store {
  readonly #key: string

  constructor(key: string) {
    this.#key = key
  }

  read(): State | null {
    return remembered.get(this.#key) ?? null
  }

  write(state: State): void {
    remembered.set(this.#key, state)
  }
}
