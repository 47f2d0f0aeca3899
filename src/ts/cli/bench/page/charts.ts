import { plural } from '../../kit/format'
import type { Figure } from '../../kit/limits'
import type { Question, Row } from '../result'

/** Horizontal bars, one for each row and run. */
export interface BarChart {
  readonly type: 'bars'
  readonly title: string
  readonly log: boolean
  /** Whether this package's rows stand out. */
  readonly highlight: boolean
  /** 1, or 2 beside each other. */
  readonly runs: number
  readonly bars: readonly { readonly label: string; readonly kind: Row['kind']; readonly runs: Figures }[]
}

/** Lines over numbers of workers or sizes. */
export interface LineChart {
  readonly type: 'lines'
  readonly title: string
  readonly log: boolean
  readonly highlight: boolean
  readonly axis: string
  readonly x: readonly number[]
  /** Lowest and highest figure of all charts that are looked at together. */
  readonly range: readonly [number, number]
  readonly lines: readonly Line[]
}

/** One variant's line. */
export interface Line {
  readonly label: string
  readonly kind: Row['kind']
  /** Which of the looks of its kind it has: the same in all charts that are looked at together. */
  readonly slot: number
  readonly points: Figures
}

/** null: not measured. */
export type Figures = readonly (Figure | null)[]

/** One variant of a question over everything that the question varies. */
export interface Series {
  readonly id: string
  readonly label: string
  readonly kind: Row['kind']
  /** By x; -1 where the question varies nothing. */
  readonly at: ReadonlyMap<number, Row>
}

type Varied = 'workers' | 'size'

/** What a question varies: nothing, workers or sizes. */
export function variedBy(questions: readonly Question[]): Varied | null {
  const rows = questions.flatMap((question) => question.rows)
  const values = (key: Varied): number => new Set(rows.map((row) => row[key]).filter(isNumber)).size
  if (values('workers') > 1) return 'workers'
  return values('size') > 1 ? 'size' : null
}

/** Past this ratio of the longest to the shortest, the short ones cannot be told apart on a linear axis. */
const LOG_BARS = 100
/** Lines need more room between them than bars. */
const LOG_LINES = 20

/** A question's rows, gathered by what they have in common. */
export function seriesOf(question: Question, varied: Varied | null): Series[] {
  const all = new Map<string, Series & { at: Map<number, Row> }>()
  for (const row of question.rows) {
    const other = varied === 'workers' ? row.size : row.workers
    const key = JSON.stringify([row.id, other ?? null])
    const label =
      other === undefined || varied === null ? row.label : `${row.label}, ${otherLabel(row, varied)}`
    const series = all.get(key) ?? { id: key, label, kind: row.kind, at: new Map() }
    series.at.set((varied === null ? undefined : row[varied]) ?? -1, row)
    all.set(key, series)
  }
  return [...all.values()]
}

function otherLabel(row: Row, varied: Varied): string {
  return varied === 'workers' ? plural(row.size ?? 0, 'counter') : plural(row.workers ?? 0, 'worker')
}

/** Every x that a question has, in order; -1 for rows without one. */
export function pointsOf(series: readonly Series[]): number[] {
  return [...new Set(series.flatMap(({ at }) => [...at.keys()]))].sort((a, b) => a - b)
}

/** How charts of these runs may look. */
export interface Style {
  readonly ranked: boolean
  readonly highlight: boolean
}

/** Bars for the rows at one x, of one run or of two. */
export function barChart(
  title: string,
  runs: readonly (readonly Series[])[],
  x: number,
  style: Style,
): BarChart {
  const ids = new Map(runs.flat().map((series) => [series.id, series]))
  const bars = [...ids.values()].map(({ id, label, kind }) => ({
    label,
    kind,
    runs: runs.map((all) =>
      figureAt(
        all.find((series) => series.id === id),
        x,
      ),
    ),
  }))
  const shown = bars.filter((bar) => bar.runs.some((figure) => figure !== null))
  if (style.ranked) shown.sort((a, b) => firstMedian(a.runs) - firstMedian(b.runs))
  const [least, most] = rangeOf(shown.flatMap((bar) => bar.runs))
  const { highlight } = style
  return { type: 'bars', title, log: most > LOG_BARS * least, highlight, runs: runs.length, bars: shown }
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

/** Lines of one run; `together` are all the runs whose charts share an axis with it. */
export function lineChart(
  title: string,
  axis: string,
  run: readonly Series[],
  together: readonly (readonly Series[])[],
  { highlight }: Style,
): LineChart {
  const x = pointsOf(together.flat()).filter((value) => value >= 0)
  const drawn = (series: Series): Figures => x.map((value) => figureAt(series, value))
  const range = rangeOf(together.flat().flatMap(drawn))
  const all = [...new Map(together.flat().map((series) => [series.id, series])).values()]
  const alike = ({ kind }: Series): string => (highlight && kind === 'ours' ? 'ours' : 'other')
  const lines = run.map((series) => ({
    label: series.label,
    kind: series.kind,
    slot: all.filter((other) => alike(other) === alike(series)).findIndex(({ id }) => id === series.id),
    points: drawn(series),
  }))
  return { type: 'lines', title, axis, log: range[1] > LOG_LINES * range[0], highlight, x, range, lines }
}

/** The row that stands at x: its own, or the one that varies nothing. */
export function rowAt({ at }: Series, x: number): Row | undefined {
  return at.get(x) ?? at.get(-1)
}

function figureAt(series: Series | undefined, x: number): Figure | null {
  return (series && rowAt(series, x)?.ns) ?? null
}

function firstMedian(figures: Figures): number {
  return figures.find((figure) => figure !== null)?.median ?? 0
}

function rangeOf(figures: Figures): [number, number] {
  const measured = figures.filter((figure) => figure !== null)
  if (measured.length === 0) return [1, 1]
  return [Math.min(...measured.map(({ low }) => low)), Math.max(...measured.map(({ high }) => high))]
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined
}
