import { firstIndex } from './first-index'
import { ERROR, GAP, MOVED, TOTALS, type WatchMemory, WRITTEN } from './memory'
import type { Own } from './own'

/** Times that a CPU was taken away, in order; nanoseconds since the origin of all of them. */
export interface Gaps {
  readonly starts: Float64Array
  readonly lengths: Float64Array
}

/** What took it: another thread, or what is no thread: an interrupt, the hypervisor, the firmware. */
export type Cause = 'threads' | 'interrupts'
export const CAUSES: readonly Cause[] = ['threads', 'interrupts']

/** What was seen of one CPU. Times are in nanoseconds. */
export interface Seen {
  readonly cpu: number
  readonly begun: number
  readonly ended: number
  /** Less than from begun to ended, by what lies between two calls. */
  readonly watched: number
  /** For so long single gaps were written down. */
  readonly recorded: number
  readonly all: Gaps
  readonly causes: Readonly<Record<Cause, Gaps>>
  /** Taken by the work of this command's own: in nothing else here. */
  readonly own: { readonly gaps: number; readonly time: number }
  /** For which there was no room. */
  readonly unfit: { readonly gaps: number; readonly time: number; readonly longest: number }
  /** How often the thread was moved off it. */
  readonly moved: number
  /** It could not come back. */
  readonly lost: boolean
}

/**
 * What a thread has written so far, but for the gaps that `own` accounts for.
 *
 * @param since what began before is left out
 */
export function seenBy({ cpu, control, into }: WatchMemory, own: Own, since = 0): Seen {
  // Pairs with the store behind each gap.
  const count = Atomics.load(control, WRITTEN)
  const [first = 0, ended = 0, all = 0, gaps = 0, time = 0, longest = 0] = into
  const begun = Math.max(first, since)
  const watched = begun > first ? Math.max(0, ended - begun) : all
  const from = firstSince(into, count, since)
  const kept = new Uint32Array(count - from)
  const mine = { gaps: 0, time: 0 }
  let keptCount = 0
  for (let i = from; i < count; i++) {
    const at = TOTALS + GAP * i
    const [start, length] = [into[at] as number, into[at + 1] as number]
    if (own.overlaps(cpu, start, start + length)) {
      mine.gaps++
      mine.time += length
    } else {
      kept[keptCount++] = at
    }
  }
  const places = kept.subarray(0, keptCount)
  const last = TOTALS + GAP * (count - 1)
  return {
    cpu,
    begun,
    ended,
    watched,
    recorded: gaps > 0 ? Math.max(0, (into[last] as number) + (into[last + 1] as number) - begun) : watched,
    all: pick(into, places),
    causes: {
      threads: pick(into, places, (at) => into[at + 2] !== 0),
      interrupts: pick(into, places, (at) => into[at + 2] === 0),
    },
    own: mine,
    // When those were is not known.
    unfit: begun > first ? { gaps: 0, time: 0, longest: 0 } : { gaps, time, longest },
    moved: Atomics.load(control, MOVED),
    lost: Atomics.load(control, ERROR) !== 0,
  }
}

/** The first gap that began then or later: they are in order. */
function firstSince(into: Float64Array, count: number, since: number): number {
  return firstIndex(count, (i) => (into[TOTALS + GAP * i] as number) >= since)
}

function pick(into: Float64Array, all: Uint32Array, wanted: (at: number) => boolean = () => true): Gaps {
  const places = all.filter(wanted)
  return {
    starts: Float64Array.from(places, (at) => into[at] as number),
    lengths: Float64Array.from(places, (at) => into[at + 1] as number),
  }
}

/** The time of all of them. */
export function total({ lengths }: Gaps): number {
  return lengths.reduce((sum, length) => sum + length, 0)
}
