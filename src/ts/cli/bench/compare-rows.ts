import { noRatios } from '../kit/comparison'
import type { Figure } from '../kit/limits'
import type { BenchResult, Question, Row } from './result'

/** How a row of run B differs from the same row of run A. */
export interface Change {
  /** B's time by A's: above 1, B takes longer. */
  readonly ratio: number
  /** What the ratio is where both runs are at those ends of their spreads that bring it down, or up, most. */
  readonly low: number
  readonly high: number
  /** What B is, beside A; = where the spreads overlap. */
  readonly verdict: '=' | 'faster' | 'slower'
}

/** One row in both runs, or in one of them. */
export interface Pair {
  readonly label: string
  readonly workers: number | undefined
  readonly size: number | undefined
  readonly a: Row | null
  readonly b: Row | null
  /** null where one of them has no figure, or where ratios are withheld. */
  readonly change: Change | null
}

/** One question of both runs; its pairs by workers and size. */
export interface Comparison {
  readonly name: Question['name']
  readonly title: string
  readonly per: string
  readonly pairs: readonly Pair[]
}

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
export function comparisons(a: BenchResult, b: BenchResult): Comparison[] {
  const withRatios = doubt(a) === null && doubt(b) === null
  const names = new Set([...a.questions, ...b.questions].map(({ name }) => name))
  return [...names].map((name) => {
    const [inA, inB] = [a, b].map(({ questions }) => questions.find((question) => question.name === name))
    const { title, per } = (inA ?? inB) as Question
    return { name, title, per, pairs: pairsOf(inA?.rows ?? [], inB?.rows ?? [], withRatios) }
  })
}

function pairsOf(a: readonly Row[], b: readonly Row[], withRatios: boolean): Pair[] {
  const inA = byKey(a)
  const inB = byKey(b)
  const pairs = [...new Set([...inA.keys(), ...inB.keys()])].map((key) => {
    const [rowA, rowB] = [inA.get(key) ?? null, inB.get(key) ?? null]
    const { label, workers, size } = (rowA ?? rowB) as Row
    const comparable = withRatios && rowA?.ns && rowB?.ns
    const change = comparable ? changeOf(rowA.ns, rowB.ns) : null
    return { label, workers, size, a: rowA, b: rowB, change }
  })
  const order = (key: 'workers' | 'size', one: Pair, other: Pair): number =>
    (one[key] ?? 0) - (other[key] ?? 0)
  return pairs.sort((one, other) => order('workers', one, other) || order('size', one, other))
}

function byKey(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [JSON.stringify([row.id, row.workers ?? null, row.size ?? null]), row]))
}

/** The change from one figure to another. */
export function changeOf(a: Figure, b: Figure): Change {
  const low = b.low / a.high
  const high = b.high / a.low
  const verdict = low > 1 ? 'slower' : high < 1 ? 'faster' : '='
  return { ratio: b.median / a.median, low, high, verdict }
}
