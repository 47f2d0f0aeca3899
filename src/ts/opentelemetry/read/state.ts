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
  /** How many batches there have been with it; null: whoever wrote it did not say. */
  readonly batches: number | null
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

/** Whose state it is. */
export interface StateOwner {
  /** Tells it from another one of the same path. */
  readonly region: string
  readonly reader: number
}

export function parseState(text: string, owner: StateOwner): State | Error {
  let value: Record<string, unknown>
  try {
    value = JSON.parse(text) as Record<string, unknown>
  } catch {
    return new Error('it is not JSON')
  }
  if (value?.version !== VERSION || value.region !== owner.region) return new Error('it is of another region')
  const { reader = owner.reader, batches = null } = value
  if (reader !== owner.reader) return new Error('it is of another reader')
  const delivered = checkpointOf(value.delivered)
  const pending = value.pending === null ? null : checkpointOf(value.pending)
  const isSound = delivered !== null && (value.pending === null || pending !== null)
  const isCount = batches === null || Number.isSafeInteger(batches)
  return isSound && isCount
    ? { delivered, pending, batches: batches as number | null }
    : new Error('it has other contents than expected')
}

export function stateText({ delivered, pending, batches }: State, { region, reader }: StateOwner): string {
  const plain = ({ time, totals }: Checkpoint) => ({ time, totals: Object.fromEntries(totals) })
  return JSON.stringify({
    version: VERSION,
    region,
    reader,
    batches,
    delivered: plain(delivered),
    pending: pending && plain(pending),
  })
}

const remembered = new Map<string, State>()

/** Of a region without a file: as long as the thread, for the providers that follow each other in it. */
export function memoryStore({ region, reader }: StateOwner): Store {
  const key = `${region}/${reader}`
  return {
    read: () => remembered.get(key) ?? null,
    write: (state) => void remembered.set(key, state),
  }
}
