import * as v from 'valibot'
import { QUESTION_NAMES } from './result'

/** Times, sizes and counts: what divides by them or takes their logarithm relies on the sign. */
export const amount = v.pipe(v.number(), v.minValue(0))
export const amounts = v.array(amount)

const MACHINE = v.object({
  arch: v.string(),
  cpu: v.string(),
  cpus: amount,
  memoryBytes: amount,
  kernel: v.string(),
  libc: v.string(),
  node: v.string(),
  v8: v.string(),
  registration: v.string(),
  backend: v.string(),
  fastCalls: v.boolean(),
  emulated: v.boolean(),
})

/** Of machine.ts's Origin. */
export const ORIGIN = {
  machine: MACHINE,
  version: v.string(),
  commit: v.nullable(v.string()),
  date: v.string(),
}

const FIGURE = v.object({
  median: amount,
  low: amount,
  high: amount,
  samples: amount,
  histogram: v.exactOptional(v.object({ low: amount, high: amount, counts: amounts })),
})
const INTERRUPTIONS = v.object({
  calls: amount,
  unseen: amount,
  kept: amount,
  discarded: v.object({ moved: amount, preempted: amount, other: amount }),
})
const ROW = v.object({
  id: v.string(),
  label: v.string(),
  kind: v.picklist(['floor', 'c', 'ours', 'other']),
  ns: v.nullable(FIGURE),
  workers: v.exactOptional(amount),
  size: v.exactOptional(amount),
  bytes: v.exactOptional(amount),
  interruptions: v.exactOptional(INTERRUPTIONS),
  unavailable: v.exactOptional(v.string()),
  published: v.exactOptional(v.object({ x86_64: amount, arm32: amount })),
})

/** Of a BenchResult. */
export const RESULT = v.object({
  schema: v.literal(1),
  ...ORIGIN,
  quick: v.boolean(),
  noise: v.object({ spread: amount, limit: amount, quiet: v.boolean() }),
  interruptions: v.exactOptional(INTERRUPTIONS),
  questions: v.array(
    v.object({ name: v.picklist(QUESTION_NAMES), title: v.string(), per: v.string(), rows: v.array(ROW) }),
  ),
})
