import type { Origin } from '../kit/limits'
import { quantilesOf } from '../kit/statistics'
import { type Gaps, type Seen, total } from './gaps'
import { completions, latencyOf, WORKS } from './latency'
import { patternsIn } from './patterns'
import type { CauseNoise, CpuNoise, Latency, NoiseResult, Timeline } from './schema'

const COLUMNS = 1200
/** Of all CPUs: more make a page that no browser likes. */
const MOST_COLUMNS = 40_000
const LEAST_COLUMNS = 100

export function resultOf(seen: readonly Seen[], threshold: number, origin: Origin): NoiseResult {
  const end = Math.max(1, ...seen.map(({ ended }) => ended))
  const columns = Math.max(LEAST_COLUMNS, Math.min(COLUMNS, Math.floor(MOST_COLUMNS / seen.length)))
  // Behind the end as well, for rounding must not make another column.
  const step = Math.ceil((end + 1) / columns)
  const times = WORKS.map((work) =>
    seen.map(({ all, begun, recorded, ended, unfit }) =>
      completions(all, begun, unfit.gaps > 0 ? begun + recorded : ended, work),
    ),
  )
  const latency = (one: (of: readonly Float64Array[]) => readonly Float64Array[]): Latency[] =>
    WORKS.flatMap((work, i) => latencyOf(work, one(times[i] as Float64Array[])) ?? [])
  return {
    kind: 'noise',
    schema: 1,
    ...origin,
    seconds: (end - Math.min(...seen.map(({ begun }) => begun))) / 1e9,
    threshold,
    step,
    cpus: seen.map((one, i) => ({
      ...summaryOf(one),
      latency: latency((of) => of.slice(i, i + 1)),
      timeline: {
        threads: timelineOf(one.causes.threads, columns, step),
        interrupts: timelineOf(one.causes.interrupts, columns, step),
      },
    })),
    latency: latency((of) => of),
  }
}

/** All but what takes long to find out. */
export type Summary = Omit<CpuNoise, 'latency' | 'timeline'>

export function summaryOf(seen: Seen): Summary {
  const { cpu, watched, recorded, causes, own, unfit, moved, lost } = seen
  const [threads, interrupts] = [causeOf(causes.threads, recorded), causeOf(causes.interrupts, recorded)]
  const taken = total(seen.all) + unfit.time
  return {
    cpu,
    seconds: watched / 1e9,
    taken: watched > 0 ? taken / watched : 0,
    longest: Math.max(threads.longest, interrupts.longest, unfit.longest),
    threads,
    interrupts,
    own,
    unfit,
    moved,
    lost,
  }
}

function causeOf(gaps: Gaps, recorded: number): CauseNoise {
  const sorted = gaps.lengths.toSorted()
  const count = sorted.length
  const [median, p99, longest] = quantilesOf(sorted, 0.5, 0.99, 1)
  return {
    gaps: count,
    perSecond: recorded > 0 ? (count / recorded) * 1e9 : 0,
    share: recorded > 0 ? total(gaps) / recorded : 0,
    median,
    p99,
    longest,
    patterns: recorded > 0 ? patternsIn(gaps, recorded) : [],
  }
}

/** @param step nanoseconds of a column; the first begins at the origin */
export function timelineOf({ starts, lengths }: Gaps, columns: number, step: number): Timeline {
  const [longest, taken] = [new Float64Array(columns), new Float64Array(columns)]
  for (let i = 0; i < starts.length; i++) {
    const [start, length] = [starts[i] as number, lengths[i] as number]
    const first = Math.floor(start / step)
    const last = Math.min(columns - 1, Math.floor((start + length) / step))
    for (let column = first; column <= last; column++) {
      const part = Math.min(start + length, (column + 1) * step) - Math.max(start, column * step)
      taken[column] = (taken[column] as number) + part
      longest[column] = Math.max(longest[column] as number, length)
    }
  }
  return { longest: [...longest].map(Math.round), taken: [...taken].map(Math.round) }
}
