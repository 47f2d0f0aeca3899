import { createHistogram } from 'node:perf_hooks'
import { PerCpuHistogram, status } from 'rseq'
import type { Case, Loop, QuestionPlan, RowPlan, Scope } from '../src/ts/cli/bench/plan'
import { checkCalls, FLOORS, NAPI } from './native'
import { optional } from './optional'

const NAME = 'rseq bench'
/** Samples of one recordMany(); a power of two, as the values' range is. */
const MANY = 1024
/** prom-client's own, for seconds. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What every row records: 1 to 1,024, again and again. */
const integer = (i: number): number => (i & 1023) + 1
/** The same as fractions, spread over {@link BOUNDS}. */
const fraction = (i: number): number => integer(i) * 0.005

interface Variant {
  readonly id: string
  readonly label: string
  readonly kind: RowPlan['kind']
  readonly prepare: Extract<Case, { kind: 'threads' }>['prepare']
  readonly env?: RowPlan['env']
}

function recordLoop(fastCalls: boolean): Loop {
  checkCalls(fastCalls)
  const target = PerCpuHistogram.named(NAME)
  return (n) => {
    for (let i = 0; i < n; i++) target.record(integer(i))
  }
}

function fractionLoop(buckets?: readonly number[]): Loop {
  checkCalls(status().fastCalls)
  const target =
    buckets === undefined
      ? PerCpuHistogram.named(NAME)
      : PerCpuHistogram.named(`${NAME} by bounds`, { buckets })
  return (n) => {
    for (let i = 0; i < n; i++) target.record(fraction(i))
  }
}

/** Operations are samples. */
function manyLoop(): Loop {
  checkCalls(status().fastCalls)
  const target = PerCpuHistogram.named(NAME)
  const samples = Float64Array.from({ length: MANY }, (_, i) => integer(i))
  return (n) => {
    for (let i = 0; i < n; i += MANY) target.recordMany(samples)
  }
}

/** As node:perf_hooks makes them unless told otherwise. */
function perfHooksLoop(): Loop {
  const target = createHistogram()
  return (n) => {
    for (let i = 0; i < n; i++) target.record(integer(i))
  }
}

/** Likewise; in JavaScript, which is the library's usual kind. */
function hdrHistogramLoop(): Loop {
  const target = optional<typeof import('hdr-histogram-js')>('hdr-histogram-js').build()
  return (n) => {
    for (let i = 0; i < n; i++) target.recordValue(integer(i))
  }
}

/** A labelled child, looked up once: prom-client's fastest way. */
function promClientLoop(): Loop {
  const { Histogram, Registry } = optional<typeof import('prom-client')>('prom-client')
  const child = new Histogram({
    name: 'request_seconds',
    help: 'Requests',
    labelNames: ['route'],
    registers: [new Registry()],
  }).labels('/')
  return (n) => {
    for (let i = 0; i < n; i++) child.observe(fraction(i))
  }
}

const VARIANTS: readonly Variant[] = [
  { id: 'record', label: 'PerCpuHistogram.record(n)', kind: 'ours', prepare: () => recordLoop(true) },
  {
    id: 'record-fraction',
    label: 'PerCpuHistogram.record(x), fractions',
    kind: 'ours',
    prepare: () => fractionLoop(),
  },
  {
    id: 'record-bounds',
    label: 'PerCpuHistogram.record(x), 11 bounds',
    kind: 'ours',
    prepare: () => fractionLoop(BOUNDS),
  },
  {
    id: 'record-napi',
    label: 'PerCpuHistogram.record(n), N-API',
    kind: 'ours',
    env: NAPI,
    prepare: () => recordLoop(false),
  },
  { id: 'record-many', label: `PerCpuHistogram.recordMany, ${MANY} a call`, kind: 'ours', prepare: manyLoop },
  { id: 'perf-hooks', label: 'perf_hooks record(n)', kind: 'other', prepare: perfHooksLoop },
  { id: 'hdr-histogram', label: 'hdr-histogram-js recordValue(n)', kind: 'other', prepare: hdrHistogramLoop },
  { id: 'prom-client', label: 'prom-client observe(x), 11 bounds', kind: 'other', prepare: promClientLoop },
]

function rowOf({ id, label, kind, env, prepare }: Variant, workers: number): RowPlan {
  return { id, label, kind, workers, case: { kind: 'threads', prepare }, ...(env !== undefined && { env }) }
}

/** What a sample costs, alone and in company. */
export const histogram: QuestionPlan = {
  name: 'histogram',
  title: 'Recording in a histogram',
  per: 'sample',
  reference: ['record', 'record-napi'],
  unit: 'record()',
  notes: [
    'All record the same: integers n from 1 to 1,024, or these as fractions x from 0.005 to 5.12.',
    'PerCpuHistogram is one histogram for all workers. In the other rows each worker has one of its own, with default precision.',
  ],
  rows: ({ quick }: Scope) => [
    ...FLOORS,
    ...(quick ? [1] : [1, 2]).flatMap((workers) => VARIANTS.map((variant) => rowOf(variant, workers))),
  ],
}
