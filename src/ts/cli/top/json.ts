import type { MetricKind } from '../../contract/backend'
import type { HistogramSnapshot } from '../../histogram/reading'
import { jsonText } from '../kit/json'
import { distribution, type MetricRow } from './rows'
import type { Facts, Split } from './service'

/** A number; as Prometheus writes it where JSON has none for it. */
export type JsonNumber = number | 'NaN' | '+Inf' | '-Inf'

/** What `rseq top --once --json` prints. Fields may be added; none is renamed or taken away within a schema. */
export interface TopJson {
  readonly schema: 1
  /** What is known of the service; processes that live, and that have died. */
  readonly region: Omit<Facts, 'living' | 'dead' | 'trouble'> & {
    readonly processes: Pick<Facts, 'living' | 'dead'>
  }
  /** Seconds between the two looks that rates are of; absent where there was one look. */
  readonly interval?: number
  /** What belongs together is one, over all processes; in order of names and labels. Nothing without a name. */
  readonly metrics: readonly MetricJson[]
}

export interface MetricJson {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Absent where names are found by themselves. */
  readonly scope?: string
  readonly kind: MetricKind
  readonly help: string
  readonly unit: string
  /** Per second, with `interval`: of the value, or of a histogram's count. Not of a gauge. */
  readonly rate?: JsonNumber
  /** Of counter, sum and gauge. Of a counter beyond 2⁵³ rounded. */
  readonly value?: JsonNumber
  /** Of counter and sum: each possible CPU, and last the overflow cell; all that was ever added. */
  readonly perCpu?: readonly JsonNumber[]
  /** From here: of a histogram. Samples since it was made, or last drained. */
  readonly count?: number
  readonly sum?: JsonNumber
  /** Null where there are no samples. */
  readonly min?: number | null
  readonly max?: number | null
  /**
   * Upper bound of a bucket, and how many samples are in it and in those below; the last one is '+Inf'. Of a histogram
   * with a range and an error: the buckets that hold samples.
   */
  readonly buckets?: readonly (readonly [number | '+Inf', number])[]
  /** Null where there are no samples. */
  readonly percentiles?: Readonly<Record<'50' | '90' | '99' | '99.9', number | null>>
}

function numeric(x: number): JsonNumber {
  if (Number.isFinite(x)) return x
  return Number.isNaN(x) ? 'NaN' : x > 0 ? '+Inf' : '-Inf'
}

function histogram(samples: HistogramSnapshot, sum: number): Partial<MetricJson> {
  const { count, min, max } = samples
  const any = (x: number): number | null => (count === 0 ? null : x)
  const at = (percent: number): number | null => any(samples.percentile(percent))
  let below = 0
  const buckets = samples.buckets().flatMap(({ to, count: here }): [number, number][] => {
    below += here
    return to === Number.POSITIVE_INFINITY ? [] : [[to, below]]
  })
  return {
    count,
    sum: numeric(sum),
    min: any(min),
    max: any(max),
    buckets: [...buckets, ['+Inf', count]],
    percentiles: { 50: at(50), 90: at(90), 99: at(99), 99.9: at(99.9) },
  }
}

function metric({ metric, rate }: MetricRow, split: Split | null): MetricJson {
  const { name, labels, scope, kind, help, unit, value } = metric
  const samples = distribution(metric)
  return {
    name,
    labels,
    ...(scope !== '' && { scope }),
    kind,
    help,
    unit,
    ...(rate !== null && { rate: numeric(rate) }),
    ...(samples === null ? { value: numeric(value) } : histogram(samples, value)),
    ...(split !== null && { perCpu: split.map(numeric) }),
  }
}

function head(facts: Facts, interval: number | null): Omit<TopJson, 'metrics'> {
  const { path, leader, application, rule, living, dead, trouble: _, ...others } = facts
  const region = { path, leader, application, rule, processes: { living, dead }, ...others }
  return { schema: 1, region, ...(interval !== null && { interval }) }
}

/**
 * The text of a {@link TopJson}, in pieces: there may be a million metrics.
 *
 * @param rows in order of their names
 * @param interval seconds between the looks that their rates are of
 */
export function* document(
  facts: Facts,
  rows: readonly MetricRow[],
  splitOf: (row: MetricRow) => Split | null,
  interval: number | null,
): Iterable<string> {
  const empty = '[]\n}'
  const whole = jsonText({ ...head(facts, interval), metrics: [] })
  yield whole.slice(0, -empty.length)
  let before = '['
  for (const row of rows) {
    yield `${before}\n${jsonText(metric(row, splitOf(row))).replace(/^/gm, '    ')}`
    before = ','
  }
  yield rows.length === 0 ? `${empty}\n` : '\n  ]\n}\n'
}
