import * as v from 'valibot'
import { count, cpuNumber, list, number, ORIGIN, perSecond, share, time } from '../kit/limits'

/** Seconds: more than a day, which is as long as CPUs are watched. */
const seconds = number(1e5)

const PATTERN = v.object({
  gaps: count,
  perSecond,
  length: time,
  share,
  every: v.nullable(time),
})
const CAUSE = v.object({
  gaps: count,
  perSecond,
  share,
  median: time,
  p99: time,
  longest: time,
  patterns: list(PATTERN, 16),
})
const LATENCY = v.object({ work: time, p50: time, p99: time, p999: time, worst: time })
/** Of three amounts of work. */
const LATENCIES = list(LATENCY, 16)
const COLUMNS = list(time, 4096)
const TRACK = v.object({ longest: COLUMNS, taken: COLUMNS })
const CPU = v.object({
  cpu: cpuNumber,
  seconds,
  taken: share,
  longest: time,
  threads: CAUSE,
  interrupts: CAUSE,
  own: v.object({ gaps: count, time }),
  unfit: v.object({ gaps: count, time, longest: time }),
  moved: count,
  lost: v.boolean(),
  latency: LATENCIES,
  timeline: v.object({ threads: TRACK, interrupts: TRACK }),
})

/** Of a NoiseResult. */
export const NOISE = v.object({
  kind: v.literal('noise'),
  schema: v.literal(1),
  ...ORIGIN,
  seconds,
  /** A second: rseq noise takes no more. */
  threshold: number(1e9),
  step: time,
  // More than any machine has.
  cpus: list(CPU, 4096),
  latency: LATENCIES,
})
