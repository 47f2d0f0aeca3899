import { plural, time, times } from '../../kit/format'
import type { Card } from '../../kit/page/cards'
import { doubt } from '../compare-rows'
import type { BenchResult, Row } from '../result'

interface Claim {
  readonly question: BenchResult['questions'][number]['name']
  /** Ids of rows; of ours, the first that was measured. */
  readonly ours: readonly string[]
  readonly than: string
  readonly workers?: number
}

/** What users ask first, each beside what they would pick instead: a read, an increment, one of many threads, a sample. */
const CLAIMS: readonly Claim[] = [
  { question: 'getcpu', ours: ['js-cpu-id'], than: 'c-sched-getcpu' },
  { question: 'counters', ours: ['rseq-fast', 'rseq-napi'], than: 'prom-client', workers: 1 },
  { question: 'counters', ours: ['rseq-fast', 'rseq-napi'], than: 'atomics-shared', workers: 2 },
  { question: 'histogram', ours: ['record', 'record-napi'], than: 'perf-hooks', workers: 1 },
  { question: 'histogram', ours: ['record-bounds'], than: 'prom-client', workers: 1 },
]

/** The most telling ratios of a run; none where it was noisy or emulated, or did not measure them. */
export function cardsOf(result: BenchResult): Card[] {
  if (doubt(result) !== null) return []
  return CLAIMS.flatMap((claim) => cardOf(result, claim))
}

function cardOf({ questions }: BenchResult, { question, ours, than, workers }: Claim): Card[] {
  const rows = questions.find(({ name }) => name === question)?.rows ?? []
  const find = (id: string): Row | undefined =>
    rows.find((row) => row.id === id && row.workers === workers && row.ns !== null)
  const [mine, theirs] = [ours.map(find).find((row) => row !== undefined), find(than)]
  if (!mine?.ns || !theirs?.ns) return []
  const [own, other] = [mine.ns.median, theirs.ns.median]
  const threads = workers === undefined ? '' : `, with ${plural(workers, 'worker')}`
  return [
    {
      figure: `${times(Math.max(own, other) / Math.min(own, other))} as ${own <= other ? 'fast' : 'slow'}`,
      text: `${mine.label}, compared with ${theirs.label}${threads}`,
      small: `${time(own)} against ${time(other)}`,
    },
  ]
}
