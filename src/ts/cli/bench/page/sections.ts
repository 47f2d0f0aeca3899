import { plural, time } from '../../kit/format'
import { legend } from '../../kit/page/cards'
import { type Content, html, type Markup } from '../../kit/page/html'
import type { Comparison } from '../compare-rows'
import type { BenchResult, Question, Row } from '../result'
import { barsMarkup } from './bars'
import {
  type BarChart,
  barChart,
  barsAt,
  isLine,
  type LineChart,
  lineChart,
  seriesOf,
  styleOf,
  variedBy,
} from './charts'
import { linesMarkup } from './lines'
import { barTable, compareTable, lineTable, unavailable } from './tables'

const LEGEND: readonly [Row['kind'], string][] = [
  ['ours', 'this package'],
  ['other', 'what else a program could use'],
  ['c', 'measured in C'],
  ['floor', 'floor: an empty loop or call'],
]
const AXES = { workers: 'worker', size: 'counter' } as const

/** One question of one run; null where nothing of it was measured. */
export function questionSection(run: BenchResult, question: Question): Markup | null {
  const style = styleOf([run])
  const { all, varied, x, drawn } = partsOf([question])
  const [own = [], lines = []] = [...all, ...drawn]
  const parts: Content[] = []
  if (x !== null) {
    const bars = barChart(titleAt(question, x), all, x, style)
    const order = bars.bars.map(({ label }) => label)
    const shown = [...own].sort((a, b) => order.indexOf(a.label) - order.indexOf(b.label))
    parts.push(figure(bars), style.ranked ? faster(bars) : null)
    parts.push(barTable(`${bars.title} – time per ${question.per}`, shown, x))
  }
  if (varied !== null && lines.length > 0) {
    const chart = lineChart(`${question.title} by ${varied}`, AXES[varied], lines, drawn, style)
    parts.push(figure(chart), lineTable(`${chart.title} – time per ${question.per}`, AXES[varied], lines))
  }
  const measured = question.rows.filter(({ ns }) => ns !== null)
  const kinds = LEGEND.filter(([kind]) => measured.some((row) => row.kind === kind))
  const content = [style.highlight ? legend(kinds) : null, parts, unavailable(question.rows)]
  return parts.length === 0 ? null : section(question, varied, question.rows, content)
}

/** One question of two runs; null where neither measured anything of it. */
export function comparisonSection(
  runs: readonly [BenchResult, BenchResult],
  comparison: Comparison,
): Markup | null {
  const { name, title, pairs } = comparison
  const style = styleOf(runs)
  const questions = runs.map((run) => run.questions.find((question) => question.name === name))
  const { all, varied, x, drawn } = partsOf(questions)
  // In the order of the files: the eye compares A with B, not one row with the next.
  const inOrder = { ...style, ranked: false }
  const bars = x === null ? [] : [figure(barChart(titleAt(comparison, x), all, x, inOrder))]
  const charts = drawn.flatMap((lines, i) => {
    if (varied === null || lines.length === 0) return []
    const caption = `${title} by ${varied} – ${'AB'[i]}`
    return figure(lineChart(caption, AXES[varied], lines, drawn, style), 'beside')
  })
  if (bars.length + charts.length === 0) return null
  const rows = questions.flatMap((question) => question?.rows ?? [])
  const inNeither = pairs.flatMap(({ a, b }) => (a?.ns || b?.ns ? [] : (a ?? b ?? [])))
  return section(comparison, varied, rows, [
    legend([
      ['run-a', 'A'],
      ['run-b', 'B'],
    ]),
    html`<div class="charts">${[bars, charts]}</div>`,
    compareTable(comparison),
    unavailable(inNeither),
  ])
}

/** What is drawn of a question in each run: `x` is where bars are, null for none; `drawn` are lines. */
function partsOf(questions: readonly (Question | undefined)[]) {
  const varied = variedBy(questions.filter((question) => question !== undefined))
  const all = questions.map((question) => (question === undefined ? [] : seriesOf(question, varied)))
  const x = barsAt(all.flat(), varied)
  const drawn = all.map((some) => (varied === null ? [] : some.filter((series) => isLine(series, x))))
  return { all, varied, x, drawn }
}

function titleAt({ title }: Pick<Question, 'title'>, x: number): string {
  return x < 0 ? title : `${title} – ${plural(x, 'worker')}`
}

function section(
  { name, title, per }: Pick<Question, 'name' | 'title' | 'per'>,
  varied: string | null,
  rows: readonly Row[],
  content: Content,
): Markup {
  return html`<section id="${name}"><h2>${title}</h2>
${note(per, varied, rows)}${content}</section>
`
}

function figure(chart: BarChart | LineChart, kind = 'alone'): Markup {
  const description = `${chart.title}: a chart of the figures in the table below`
  const drawn = chart.type === 'bars' ? barsMarkup(chart) : linesMarkup(chart)
  return html`<figure class="${kind}"><figcaption>${chart.title}${chart.log ? ' (logarithmic scale)' : ''}</figcaption>
<div class="chart ${chart.type}${chart.highlight ? '' : ' plain'}" role="img" aria-label="${description}">${drawn}</div></figure>
`
}

function note(per: string, varied: string | null, rows: readonly Row[]): Markup {
  const distributed = rows.some(({ ns }) => ns?.histogram !== undefined) ? DISTRIBUTIONS : ''
  const together =
    varied === 'workers' ? ' With several workers: wall-clock time by what all of them did together.' : ''
  return html`<p class="note">Time per ${per}, median; less is better. Whiskers: 10th to 90th percentile.${distributed}${together}</p>
`
}

const DISTRIBUTIONS =
  ' Small pictures: how the samples are distributed from the 1st to the 99th percentile, each on an axis of its own, shaded from the 10th to the 90th, with a line at the median.'

/** Says what is faster than anything of this package: a reader should not have to look for it. */
function faster({ bars }: BarChart): Markup | null {
  const timed = bars.map(({ label, kind, runs }) => ({ label, kind, median: runs[0]?.median ?? 0 }))
  const best = timed.find(({ kind }) => kind === 'ours')
  if (best === undefined) return null
  const ahead = timed.filter(({ kind, median }) => kind !== 'ours' && median < best.median)
  const names = ahead.map(({ label, median }) => `${label} (${time(median)})`).join('; ')
  const mine = `${best.label} (${time(best.median)})`
  const isFloor = ahead.every(({ kind }) => kind === 'floor')
  const told = isFloor ? `is only what does nothing: ${names}` : names
  return html`<p>${ahead.length === 0 ? `Nothing measured here is faster than ${mine}.` : `Faster than ${mine}${isFloor ? ' ' : ': '}${told}.`}</p>
`
}
