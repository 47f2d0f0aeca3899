import { plural, time } from '../../kit/page/format'
import { type Content, html, type Markup } from '../../kit/page/html'
import { type Comparison, doubt } from '../compare-rows'
import type { BenchResult, Question, Row } from '../result'
import { barsMarkup } from './bars'
import {
  type BarChart,
  barChart,
  barsAt,
  isLine,
  type LineChart,
  type Look,
  lineChart,
  type Series,
  seriesOf,
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
  const look = lookOf([run])
  const varied = variedBy([question])
  const all = seriesOf(question, varied)
  const x = barsAt(all, varied)
  const drawn = varied === null ? [] : all.filter((series) => isLine(series, x))
  if (x === null && drawn.length === 0) return null
  const parts: Content[] = []
  if (x !== null) {
    const title = x < 0 ? question.title : `${question.title} – ${plural(x, 'worker')}`
    const bars = barChart(title, [all], x, look)
    const order = bars.bars.map(({ label }) => label)
    const shown = [...all].sort((a, b) => order.indexOf(a.label) - order.indexOf(b.label))
    parts.push(figure(bars), look.ranked ? faster(bars) : null)
    parts.push(barTable(`${title} – time per ${question.per}`, shown, x))
  }
  if (varied !== null && drawn.length > 0) {
    const lines = lineChart(`${question.title} by ${varied}`, AXES[varied], drawn, [drawn], look)
    const caption = `${lines.title} – time per ${question.per}`
    parts.push(figure(lines), lineTable(caption, AXES[varied], drawn))
  }
  return html`<section id="${question.name}"><h2>${question.title}</h2>
${note(question.per, varied, question.rows)}${legend(all, look)}${parts}${unavailable(question.rows)}</section>
`
}

/** One question of two runs; null where neither measured anything of it. */
export function comparisonSection(
  runs: readonly [BenchResult, BenchResult],
  name: Question['name'],
  comparison: Comparison,
): Markup | null {
  const look = lookOf(runs)
  const questions = runs.map((run) => run.questions.find((question) => question.name === name))
  const varied = variedBy(questions.filter((question) => question !== undefined))
  const both = questions.map((question) => (question === undefined ? [] : seriesOf(question, varied)))
  const x = barsAt(both.flat(), varied)
  const drawn = both.map((all) => (varied === null ? [] : all.filter((series) => isLine(series, x))))
  if (x === null && drawn.flat().length === 0) return null
  const parts: Content[] = []
  if (x !== null) {
    const title = x < 0 ? comparison.title : `${comparison.title} – ${plural(x, 'worker')}`
    // In the order of the files: the eye compares A with B, not one row with the next.
    parts.push(figure(barChart(title, both, x, { ...look, ranked: false })))
  }
  for (const [index, one] of drawn.entries()) {
    if (varied === null || one.length === 0) continue
    const title = `${comparison.title} by ${varied} – ${'AB'[index]}`
    parts.push(figure(lineChart(title, AXES[varied], one, drawn, look), 'beside'))
  }
  return html`<section id="${name}"><h2>${comparison.title}</h2>
${note(
  comparison.per,
  varied,
  questions.flatMap((question) => question?.rows ?? []),
)}${runLegend()}<div class="charts">${parts}</div>${compareTable(comparison)}${unavailable(inNeither(comparison))}</section>
`
}

function inNeither({ pairs }: Comparison): Row[] {
  return pairs.flatMap(({ a, b }) => (a?.ns || b?.ns ? [] : (a ?? b ?? [])))
}

function figure(chart: BarChart | LineChart, kind = 'alone'): Markup {
  const description = `${chart.title}: a chart of the figures in the table below`
  const drawn = chart.type === 'bars' ? barsMarkup(chart) : linesMarkup(chart)
  return html`<figure class="${kind}"><figcaption>${chart.title}${chart.log ? ' (logarithmic scale)' : ''}</figcaption>
<div class="chart ${chart.type}${chart.highlight ? '' : ' plain'}" role="img" aria-label="${description}">${drawn}</div></figure>
`
}

function lookOf(runs: readonly BenchResult[]): Look {
  return {
    ranked: runs.every((run) => doubt(run) === null),
    highlight: runs.every(({ machine }) => !machine.emulated),
  }
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

function legend(all: readonly Series[], { highlight }: Look): Markup | null {
  if (!highlight) return null
  const items = LEGEND.filter(([kind]) =>
    all.some((series) => series.kind === kind && isMeasured(series)),
  ).map(([kind, text]) => html`<li><i class="swatch ${kind}"></i>${text}</li>`)
  return html`<ul class="legend">${items}</ul>
`
}

function runLegend(): Markup {
  return html`<ul class="legend"><li><i class="swatch run-a"></i>A</li><li><i class="swatch run-b"></i>B</li></ul>
`
}

/** Says what is faster than anything of this package: a reader should not have to look for it. */
function faster({ bars }: BarChart): Markup | null {
  const timed = bars.map(({ label, kind, runs }) => ({ label, kind, median: runs[0]?.median ?? 0 }))
  const best = timed.find(({ kind }) => kind === 'ours')
  if (best === undefined) return null
  const ahead = timed.filter(({ kind, median }) => kind !== 'ours' && median < best.median)
  const names = ahead.map(({ label, median }) => `${label} (${time(median)})`).join('; ')
  const mine = `${best.label} (${time(best.median)})`
  if (ahead.length === 0) {
    return html`<p>Nothing measured here is faster than ${mine}.</p>
`
  }
  return ahead.every(({ kind }) => kind === 'floor')
    ? html`<p>Faster than ${mine} is only what does nothing: ${names}.</p>
`
    : html`<p>Faster than ${mine}: ${names}.</p>
`
}

function isMeasured({ at }: Series): boolean {
  return [...at.values()].some(({ ns }) => ns !== null)
}
