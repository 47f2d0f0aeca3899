import * as v from 'valibot'
import { amount, amounts, ORIGIN } from '../bench/schema'

const PATTERN = v.object({
  gaps: amount,
  perSecond: amount,
  length: amount,
  share: amount,
  every: v.nullable(amount),
})
const CAUSE = v.object({
  gaps: amount,
  perSecond: amount,
  share: amount,
  median: amount,
  p99: amount,
  longest: amount,
  patterns: v.array(PATTERN),
})
const LATENCY = v.object({ work: amount, p50: amount, p99: amount, p999: amount, worst: amount })
const TRACK = v.object({ longest: amounts, taken: amounts })
const CPU = v.object({
  cpu: amount,
  seconds: amount,
  taken: amount,
  longest: amount,
  threads: CAUSE,
  interrupts: CAUSE,
  own: v.object({ gaps: amount, time: amount }),
  unfit: v.object({ gaps: amount, time: amount, longest: amount }),
  moved: amount,
  lost: v.boolean(),
  latency: v.array(LATENCY),
  timeline: v.object({ threads: TRACK, interrupts: TRACK }),
})

/** Of a NoiseResult. */
export const NOISE = v.object({
  kind: v.literal('noise'),
  schema: v.literal(1),
  ...ORIGIN,
  seconds: amount,
  threshold: amount,
  step: amount,
  cpus: v.array(CPU),
  latency: v.array(LATENCY),
})
