import * as v from 'valibot'
import { bytes, count, list, number, ORIGIN, ratio, text, time, whole } from '../kit/limits'
import { QUESTION_NAMES } from './result'

const HISTOGRAM = v.object({ low: time, high: time, counts: list(count, 256) })
const FIGURE = v.object({
  median: time,
  low: time,
  high: time,
  samples: count,
  histogram: v.exactOptional(HISTOGRAM),
})
const INTERRUPTIONS = v.object({
  calls: count,
  unseen: count,
  kept: count,
  discarded: v.object({ moved: count, preempted: count, other: count }),
})
const ROW = v.object({
  id: text(256),
  label: text(512),
  kind: v.picklist(['floor', 'c', 'ours', 'other']),
  ns: v.nullable(FIGURE),
  workers: v.exactOptional(whole(65_536, 1)),
  size: v.exactOptional(whole(1e9, 1)),
  bytes: v.exactOptional(bytes),
  interruptions: v.exactOptional(INTERRUPTIONS),
  unavailable: v.exactOptional(text(4096)),
  published: v.exactOptional(v.object({ x86_64: time, arm32: time })),
})
/** Tables and charts are as large as the square of its rows. */
const QUESTION = v.object({
  name: v.picklist(QUESTION_NAMES),
  title: text(512),
  per: text(64),
  rows: list(ROW, 256),
})

/** Of a BenchResult. */
export const RESULT = v.object({
  schema: v.literal(1),
  ...ORIGIN,
  quick: v.boolean(),
  noise: v.object({ spread: ratio, limit: number(100), quiet: v.boolean() }),
  interruptions: v.exactOptional(INTERRUPTIONS),
  questions: list(QUESTION, QUESTION_NAMES.length),
})
