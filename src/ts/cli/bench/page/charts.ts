import { plural } from '../../kit/format'
import { grouped } from '../../kit/grouped'
import type { Figure } from '../../kit/limits'
import { doubt } from '../compare-rows'
import type { BenchResult, Question, Row } from '../result'

/** null: not measured. */
export type Figures = readonly (Figure | null)[]

/** One variant of a question over everything that the question varies. */
export type Series = ReturnType<typeof seriesOf>[number]

type Varied = 'workers' | 'size'

/** What a question varies: nothing, workers or sizes. */
export function variedBy(questions: readonly Question[]): Varied | null {
  const rows = questions.flatMap((question) => question.rows)
  const varies = (key: Varied): boolean => new Set(rows.flatMap((row) => row[key] ?? [])).size > 1
  return (['workers', 'size'] as const).find(varies) ?? null
}

/** Past this ratio of the longest to the shortest, the short ones cannot be told apart on a linear axis. */
const LOG_BARS = 100
/** Lines need more room between them than bars. */
const LOG_LINES = 20

/** A question's rows, gathered by what they have in common. */
export function seriesOf({ rows }: Question, varied: Varied | null) {
  const other = ({ workers, size }: Row): number | undefined => (varied === 'workers' ? size : workers)
  return [...grouped(rows, (row) => JSON.stringify([row.id, other(row)]))].map(([id, alike]) => {
    const first = alike[0] as Row
    const n = varied === null ? undefined : other(first)
    const more = n === undefined ? '' : `, ${plural(n, varied === 'workers' ? 'counter' : 'worker')}`
    // By x; -1 where the question varies nothing.
    const at = new Map(alike.map((row) => [(varied === null ? undefined : row[varied]) ?? -1, row]))
    return { id, label: first.label + more, kind: first.kind, at }
  })
}

/** Every x that a question has, in order; -1 for rows without one. */
export function pointsOf(series: readonly Series[]): number[] {
  return [...new Set(series.flatMap(({ at }) => [...at.keys()]))].sort((a, b) => a - b)
}

type Style = ReturnType<typeof styleOf>

/** How charts of these runs may look. */
export function styleOf(runs: readonly BenchResult[]) {
  return {
    ranked: runs.every((run) => doubt(run) === null),
    /** Whether this package's rows stand out. */
    highlight: runs.every(({ machine }) => !machine.emulated),
  }
}

export type BarChart = Readonly<ReturnType<typeof barChart>>

/** Bars for the rows at one x, of one run or of two: of each bar a figure for each run. */
export function barChart(
  title: string,
  runs: readonly (readonly Series[])[],
  x: number,
  { ranked, highlight }: Style,
) {
  const ids = new Map(runs.flat().map((series) => [series.id, series]))
  const bars = [...ids.values()]
    .map(({ id, label, kind }) => {
      const same = runs.map((all) => all.find((series) => series.id === id))
      return { label, kind, runs: same.map((series) => figureAt(series, x)) }
    })
    .filter((bar) => bar.runs.some((figure) => figure !== null))
  const median = (figures: Figures): number => figures.find((figure) => figure !== null)?.median ?? 0
  if (ranked) bars.sort((a, b) => median(a.runs) - median(b.runs))
  const range = rangeOf(bars.flatMap((bar) => bar.runs))
  return { type: 'bars' as const, title, log: range[1] > LOG_BARS * range[0], highlight, range, bars }
}

/**
 * The x that a question's bars are for: the first that has a figure. Rows that vary nothing stand beside the
 * fewest workers; sizes have lines only. null: no bars.
 */
export function barsAt(all: readonly Series[], varied: Varied | null): number | null {
  const measured = pointsOf(all).filter((x) => all.some(({ at }) => at.get(x)?.ns))
  const workers = varied === 'workers' ? measured.find((x) => x >= 0) : undefined
  return workers ?? measured.find((x) => x < 0) ?? null
}

/** Whether there is more of a series than the bars at `shown` say. */
export function isLine({ at }: Series, shown: number | null): boolean {
  return [...at].some(([x, row]) => x >= 0 && x !== shown && row.ns !== null)
}

export type LineChart = Readonly<ReturnType<typeof lineChart>>
export type Line = LineChart['lines'][number]

/**
 * A line of one run for each variant, over numbers of workers or sizes; `together` are all the runs whose charts share a
 * range with it.
 */
export function lineChart(
  title: string,
  axis: string,
  run: readonly Series[],
  together: readonly (readonly Series[])[],
  { highlight }: Style,
) {
  const everything = together.flat()
  const x = pointsOf(everything).filter((value) => value >= 0)
  const drawn = (series: Series): Figures => x.map((value) => figureAt(series, value))
  const range = rangeOf(everything.flatMap(drawn))
  const all = [...new Map(everything.map((series) => [series.id, series])).values()]
  const alike = ({ kind }: Series): string => (highlight && kind === 'ours' ? 'ours' : 'other')
  const lines = run.map((series) => ({
    label: series.label,
    kind: series.kind,
    /** Which of the looks of its kind it has: the same in all of these charts. */
    slot: all.filter((other) => alike(other) === alike(series)).findIndex(({ id }) => id === series.id),
    points: drawn(series),
  }))
  return {
    type: 'lines' as const,
    title,
    axis,
    log: range[1] > LOG_LINES * range[0],
    highlight,
    x,
    range,
    lines,
  }
}

/** The row that stands at x: its own, or the one that varies nothing. */
export function rowAt({ at }: Series, x: number): Row | undefined {
  return at.get(x) ?? at.get(-1)
}

function figureAt(series: Series | undefined, x: number): Figure | null {
  return (series && rowAt(series, x)?.ns) ?? null
}

function rangeOf(figures: Figures): [number, number] {
  const measured = figures.filter((figure) => figure !== null)
  if (measured.length === 0) return [1, 1]
  return [Math.min(...measured.map(({ low }) => low)), Math.max(...measured.map(({ high }) => high))]
}
