import * as v from 'valibot'
import { count, cpuNumber, list, number, type Of, ORIGIN, perSecond, share, time } from '../kit/limits'

/** Seconds: more than a day, which is as long as CPUs are watched. */
const seconds = number(1e5)

/** Gaps of about the same length, which are likely to have one reason. */
const PATTERN = v.object({
  gaps: count,
  perSecond,
  /** Median. */
  length: time,
  /** Of the CPU's time. */
  share,
  /** From one to the next; null where they do not come regularly. */
  every: v.nullable(time),
})
export type Pattern = Of<typeof PATTERN>

/** Where there are no gaps, all of it is 0. */
const CAUSE = v.object({
  gaps: count,
  perSecond,
  /** Of the CPU's time. */
  share,
  median: time,
  p99: time,
  longest: time,
  patterns: list(PATTERN, 16),
})
export type CauseNoise = Of<typeof CAUSE>

/** How long something takes that needs a CPU for so long. */
const LATENCY = v.object({ work: time, p50: time, p99: time, p999: time, worst: time })
export type Latency = Of<typeof LATENCY>
/** Of three amounts of work. */
const LATENCIES = list(LATENCY, 16)

const COLUMNS = list(time, 4096)
/** Of each column of a timeline: the longest gap that reaches into it, and how much of it was taken. */
const TIMELINE = v.object({ longest: COLUMNS, taken: COLUMNS })
export type Timeline = Of<typeof TIMELINE>

const CPU = v.object({
  cpu: cpuNumber,
  /** That it was watched. */
  seconds,
  /** Share of that time that it was taken away. */
  taken: share,
  longest: time,
  threads: CAUSE,
  interrupts: CAUSE,
  /** Gaps by this command's own work, which are in no other figure. */
  own: v.object({ gaps: count, time }),
  /** Gaps that did not fit in memory: in `taken` and `longest` here, in no other figure. */
  unfit: v.object({ gaps: count, time, longest: time }),
  /** How often the watching thread was moved to another CPU. */
  moved: count,
  /** The CPU was taken out of use, or from this process. */
  lost: v.boolean(),
  latency: LATENCIES,
  timeline: v.object({ threads: TIMELINE, interrupts: TIMELINE }),
})
export type CpuNoise = Of<typeof CPU>

/** What one `rseq noise` run found: the JSON that it writes and that `rseq compare` reads. Times are in nanoseconds. */
export const NOISE = v.object({
  kind: v.literal('noise'),
  /** Layout of this object; readers refuse any other. */
  schema: v.literal(1),
  ...ORIGIN,
  /** From the first CPU's begin to the last one's end. */
  seconds,
  /** Gaps that are not longer were not seen. A second: rseq noise takes no more. */
  threshold: number(1e9),
  /** Of a column of the timelines. */
  step: time,
  /** By number; more than any machine has. */
  cpus: list(CPU, 4096),
  /** Of work that any of them does. */
  latency: LATENCIES,
})
export type NoiseResult = Of<typeof NOISE>
