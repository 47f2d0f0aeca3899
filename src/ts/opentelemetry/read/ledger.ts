import { PerCpuCounter } from '../../counter/counter'
import { SCOPE_LABEL } from '../../metrics/merged'
import type { Region } from '../../region/region'
import { api } from '../model/peer'
import { type Checkpoint, COUNTS, MAX, MIN, type Numbers, type State, type Store, type Totals } from './state'

/** Not one of the scopes that are exported. */
const LABELS = { [SCOPE_LABEL]: 'otel' }

/**
 * When a region began to count for OpenTelemetry, in milliseconds since 1970: what all cumulative points start at,
 * whoever exports them. Whoever comes first leaves it in the help of an entry, which is made in one step and never
 * changes.
 */
export function startOf(region: Region): number {
  const now = Date.now()
  const entry = PerCpuCounter.named('rseq.otel.start', { region, labels: LABELS, help: String(now) })
  const start = Number(entry.help)
  return start > 0 && start <= now ? start : now
}

/**
 * How many batches of deltas a reader's processes have made: with one, there has to be a state of them. Not to be
 * closed: it would be gone with its last holder.
 */
function batchesOf(region: Region, reader: number): PerCpuCounter {
  const labels = { ...LABELS, 'rseq.reader': String(reader) }
  return PerCpuCounter.named('rseq.otel.batches', { region, labels })
}

/** What a series has counted from a batch's start to its end. */
export interface Delta {
  readonly values: Numbers
  /** It is all that the series has ever counted. */
  readonly isAll: boolean
}

/** Deltas that belong together: a receiver that has seen this start and this end has seen all of it. */
export interface Batch {
  readonly start: number
  readonly end: number
  readonly deltas: ReadonlyMap<string, Delta>
}

/**
 * What came between. Where a histogram's counts have fallen, or a monotonic sum, its entry was removed and made again:
 * then all of it is new.
 */
function difference(now: Numbers, before: Numbers | undefined, isMonotonic: boolean): Delta {
  const counts = now.length > 1 ? COUNTS : isMonotonic ? 0 : now.length
  const isNew = before?.length !== now.length || now.some((x, i) => i >= counts && x < (before[i] as number))
  return isNew
    ? { values: now, isAll: true }
    : { values: now.map((x, i) => (isExtreme(i) ? x : x - (before[i] as number))), isAll: false }
}

/**
 * The deltas of one reader, over all processes that export for it one after the other. Everything is in one state,
 * which is replaced as a whole before a batch leaves the process: whoever takes over finds the last batch, and hands
 * out the very same again, unless the process that made it knew that it had arrived.
 */
export class Ledger {
  readonly #store: Store
  readonly #batches: PerCpuCounter
  readonly #origin: number
  #state: State | null = null
  /** The pending batch is this process's own. */
  #isOwn = false

  /** @param origin when the first batch starts, in milliseconds */
  constructor(store: Store, region: Region, reader: number, origin: number) {
    this.#store = store
    this.#batches = batchesOf(region, reader)
    this.#origin = origin
  }

  /** It has given batches, or looked for some. */
  get isOpen(): boolean {
    return this.#state !== null
  }

  /**
   * The pending batch of a predecessor; else what has changed since the last one, which is taken for delivered.
   *
   * @param totals all that was ever counted
   * @param isMonotonic of a series
   * @throws what the system says where the state cannot be kept: nothing is handed out, and nothing lost
   */
  next(totals: Totals, now: number, isMonotonic: (key: string) => boolean): Batch | null {
    this.#state ??= this.#found(totals, now)
    const state = this.#state
    const inherited = this.#isOwn ? null : state.pending
    if (inherited !== null) {
      this.#isOwn = true
      return this.#batch(state.delivered, inherited, isMonotonic)
    }
    const delivered = merged(state)
    const changed: Totals = new Map()
    for (const [key, values] of totals)
      if (!isEqual(values, delivered.totals.get(key))) changed.set(key, values)
    // A level that no living process says any more.
    for (const [key, values] of delivered.totals) {
      const isGone = !totals.has(key) && values.length === 1 && values[0] !== 0 && !isMonotonic(key)
      if (isGone) changed.set(key, [0])
    }
    if (changed.size === 0 && state.pending === null) return null
    // Two batches never have the same times.
    const pending = changed.size === 0 ? null : { time: Math.max(now, delivered.time + 1), totals: changed }
    this.#replace(delivered, pending)
    this.#isOwn = true
    return pending && this.#batch(delivered, pending, isMonotonic)
  }

  /** The last batch has arrived. */
  settle(): void {
    if (this.#state === null || this.#state.pending === null || !this.#isOwn) return
    this.#replace(merged(this.#state), null)
  }

  /** Another process may go on with it: what is to come begins with what it left. */
  leave(): void {
    this.#state = null
    this.#isOwn = false
  }

  #found(totals: Totals, now: number): State {
    const found = this.#newest()
    if (found !== null && !(found instanceof Error)) return found
    const batches = this.#batches.value
    const first = { delivered: { time: this.#origin, totals: new Map() }, pending: null, batches }
    // Without a batch there never was a state; one of another region of the same path says nothing.
    if (batches === 0) return first
    const why = found === null ? 'it is gone' : found.message
    api.diag.error(
      `the state of delta export is lost (${why}): deltas begin anew, with what is counted from now on`,
    )
    const anew = { delivered: { time: Math.max(now, this.#origin), totals }, pending: null, batches }
    this.#store.write(anew)
    return anew
  }

  /** What the store has. Batches may have been made since by somebody who could not keep a state there. */
  #newest(): State | null | Error {
    const found = this.#store.read()
    if (found === null || found instanceof Error || found.batches === null) return found
    // A state is written before its batch is counted.
    const isNewest = [0, 1].includes(found.batches - this.#batches.value)
    return isNewest ? found : new Error('there have been batches since')
  }

  #replace(delivered: Checkpoint, pending: Checkpoint | null): void {
    const batches = this.#batches.value + (pending === null ? 0 : 1)
    const state = { delivered, pending, batches }
    this.#store.write(state)
    if (pending !== null) this.#batches.inc()
    this.#state = state
  }

  #batch(from: Checkpoint, to: Checkpoint, isMonotonic: (key: string) => boolean): Batch {
    const deltas = new Map<string, Delta>()
    for (const [key, values] of to.totals) {
      deltas.set(key, difference(values, from.totals.get(key), isMonotonic(key)))
    }
    return { start: from.time, end: to.time, deltas }
  }
}

function isExtreme(i: number): boolean {
  return i === MIN || i === MAX
}

/** Extremes say nothing that the counts do not. */
function isEqual(a: Numbers, b: Numbers | undefined): boolean {
  return a.length === b?.length && a.every((x, i) => isExtreme(i) || x === b[i])
}

/** What has been delivered once the pending batch is. */
function merged({ delivered, pending }: State): Checkpoint {
  if (pending === null) return delivered
  return { time: pending.time, totals: new Map([...delivered.totals, ...pending.totals]) }
}
