import { ERROR, GAP, MOVED, TOTALS, type WatchMemory, WRITTEN } from './memory'

/** Times that a CPU was taken away, in order; nanoseconds since the origin of all of them. */
export interface Gaps {
  readonly starts: Float64Array
  readonly lengths: Float64Array
}

/** What took it: another thread, or what is no thread: an interrupt, the hypervisor, the firmware. */
export const CAUSES = ['threads', 'interrupts'] as const
export type Cause = (typeof CAUSES)[number]

/** Knows what this command did itself: own.ts. */
interface OwnWork {
  /** Whether it worked on that CPU at any time between those. */
  overlaps(cpu: number, start: number, end: number): boolean
}

/** What was seen of one CPU. Times are in nanoseconds. */
export type Seen = Readonly<ReturnType<typeof seenBy>>

/**
 * What a thread has written so far, but for the gaps that `own` accounts for.
 *
 * @param since what began before is left out
 */
export function seenBy({ cpu, control, into }: WatchMemory, own: OwnWork, since = 0) {
  // Pairs with the store behind each gap.
  const count = Atomics.load(control, WRITTEN)
  const [first = 0, ended = 0, all = 0, gaps = 0, time = 0, longest = 0] = into
  const [begun, last] = [Math.max(first, since), TOTALS + GAP * (count - 1)]
  const watched = begun > first ? Math.max(0, ended - begun) : all
  const startOf = (at: number): number => into[at] as number
  const endOf = (at: number): number => startOf(at) + (into[at + 1] as number)
  const isOwn = (at: number): boolean => own.overlaps(cpu, startOf(at), endOf(at))
  // They are in order.
  const from = firstIndex(count, (i) => startOf(TOTALS + GAP * i) >= since)
  const places = Uint32Array.from({ length: count - from }, (_, i) => TOTALS + GAP * (from + i))
  const mine = gapsAt(into, places.filter(isOwn))
  const others = places.filter((at) => !isOwn(at))
  return {
    cpu,
    begun,
    ended,
    /** Less than from begun to ended, by what lies between two calls. */
    watched,
    /** For so long single gaps were written down. */
    recorded: gaps > 0 ? Math.max(0, endOf(last) - begun) : watched,
    all: gapsAt(into, others),
    causes: {
      threads: gapsAt(
        into,
        others.filter((at) => into[at + 2] !== 0),
      ),
      interrupts: gapsAt(
        into,
        others.filter((at) => into[at + 2] === 0),
      ),
    },
    /** Taken by the work of this command's own: in nothing else here. */
    own: { gaps: mine.lengths.length, time: total(mine) },
    /** For which there was no room. When those were is not known. */
    unfit: begun > first ? { gaps: 0, time: 0, longest: 0 } : { gaps, time, longest },
    /** How often the thread was moved off it. */
    moved: Atomics.load(control, MOVED),
    /** It could not come back. */
    lost: Atomics.load(control, ERROR) !== 0,
  }
}

function gapsAt(into: Float64Array, places: Uint32Array): Gaps {
  return {
    starts: Float64Array.from(places, (at) => into[at] as number),
    lengths: Float64Array.from(places, (at) => into[at + 1] as number),
  }
}

/** The time of all of them. */
export function total({ lengths }: Gaps): number {
  return lengths.reduce((sum, length) => sum + length, 0)
}

/** The first of so many numbers for which something holds, that holds for all after it. */
export function firstIndex(count: number, holds: (i: number) => boolean): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
