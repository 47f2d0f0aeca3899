import { noRatios } from '../kit/comparison'
import type { Figure } from '../kit/limits'
import { keyOf } from './plan'
import type { BenchResult, Question, Row } from './result'

/** One question of both runs; its pairs by workers and size. */
export type Comparison = ReturnType<typeof comparisons>[number]
/** One row in both runs, or in one of them. */
export type Pair = Comparison['pairs'][number]
/** How a row of run B differs from the same row of run A. */
export type Change = ReturnType<typeof changeOf>

/** Why a run's figures say nothing beside others; null where they do. */
export function doubt({ machine, noise }: BenchResult): string | null {
  if (machine.emulated) return 'ran on an emulated machine'
  return noise.quiet ? null : 'ran on a machine that was too noisy'
}

/** Why two runs have no ratios, as sentences; none where they have. */
export function doubts(a: BenchResult, b: BenchResult): string[] {
  return noRatios([a, b].map(doubt))
}

/** Matches the questions of two runs by name, and their rows by id, workers and size. */
export function comparisons(a: BenchResult, b: BenchResult) {
  const withRatios = doubt(a) === null && doubt(b) === null
  const names = new Set([...a.questions, ...b.questions].map(({ name }) => name))
  return [...names].map((name) => {
    const [inA, inB] = [a, b].map(({ questions }) => questions.find((question) => question.name === name))
    const { title, per } = (inA ?? inB) as Question
    return { name, title, per, pairs: pairsOf(inA?.rows ?? [], inB?.rows ?? [], withRatios) }
  })
}

function pairsOf(a: readonly Row[], b: readonly Row[], withRatios: boolean) {
  const byKey = (rows: readonly Row[]): Map<string, Row> => new Map(rows.map((row) => [keyOf(row), row]))
  const [inA, inB] = [byKey(a), byKey(b)]
  const pairs = [...new Map([...inA, ...inB]).keys()].map((key) => {
    const [rowA, rowB] = [inA.get(key) ?? null, inB.get(key) ?? null]
    const { label, workers, size } = (rowA ?? rowB) as Row
    // Null as well where ratios are withheld.
    const change = withRatios && rowA?.ns && rowB?.ns ? changeOf(rowA.ns, rowB.ns) : null
    return { label, workers, size, a: rowA, b: rowB, change }
  })
  return pairs.sort(
    (one, other) => (one.workers ?? 0) - (other.workers ?? 0) || (one.size ?? 0) - (other.size ?? 0),
  )
}

function changeOf(a: Figure, b: Figure) {
  // Where both runs are at those ends of their spreads that bring the ratio down, or up, most.
  const [low, high] = [b.low / a.high, b.high / a.low]
  return {
    /** B's time by A's: above 1, B takes longer. */
    ratio: b.median / a.median,
    low,
    high,
    /** What B is, beside A; = where the spreads overlap. */
    verdict: low > 1 ? 'slower' : high < 1 ? 'faster' : '=',
  } as const
}
