import { type Comparison, doubt } from './compare-rows'
import {
  type BarChart,
  barChart,
  barsAt,
  type ChartData,
  isLine,
  type Look,
  lineChart,
  type Series,
  seriesOf,
  variedBy,
} from './page-charts'
import { plural, time } from './page-format'
import { type Content, html, type Markup } from './page-html'
import { barTable, compareTable, lineTable, unavailable } from './page-tables'
import type { BenchResult, Question, Row } from './result'

const LEGEND: readonly [Row['kind'], string][] = [
  ['ours', 'this package'],
  ['other', 'what else a program could use'],
  ['c', 'measured in C'],
  ['floor', 'floor: an empty loop or call'],
]
const AXES = { workers: 'worker', size: 'counter' } as const

/** The sections of a page, and what its script draws into them. */
export class Sections {
  readonly charts: ChartData[] = []

  /** One question of one run. */
  question(run: BenchResult, question: Question): Markup {
    const look = lookOf([run])
    const varied = variedBy([question])
    const all = seriesOf(question, varied)
    const parts: Content[] = []
    const x = barsAt(all, varied)
    if (x !== null) {
      const title = x < 0 ? question.title : `${question.title} – ${plural(x, 'worker')}`
      const bars = barChart(title, [all], x, look)
      const order = bars.bars.map(({ label }) => label)
      const shown = [...all].sort((a, b) => order.indexOf(a.label) - order.indexOf(b.label))
      parts.push(this.#figure(bars), look.ranked ? faster(bars) : null)
      parts.push(barTable(`${title} – time per ${question.per}`, shown, x))
    }
    if (varied !== null) {
      const drawn = all.filter((series) => isLine(series, x))
      if (drawn.length > 0) {
        const lines = lineChart(`${question.title} by ${varied}`, AXES[varied], drawn, [drawn], look)
        const caption = `${lines.title} – time per ${question.per}`
        parts.push(this.#figure(lines), lineTable(caption, AXES[varied], drawn))
      }
    }
    return html`<section id="${question.name}"><h2>${question.title}</h2>
${note(question.per, varied)}${legend(all, look)}${parts}${unavailable(question.rows)}</section>
`
  }

  /** One question of two runs. */
  comparison(
    runs: readonly [BenchResult, BenchResult],
    name: Question['name'],
    comparison: Comparison,
  ): Markup {
    const look = lookOf(runs)
    const questions = runs.map((run) => run.questions.find((question) => question.name === name))
    const varied = variedBy(questions.filter((question) => question !== undefined))
    const both = questions.map((question) => (question === undefined ? [] : seriesOf(question, varied)))
    const x = barsAt(both.flat(), varied)
    const parts: Content[] = []
    if (x !== null) {
      const title = x < 0 ? comparison.title : `${comparison.title} – ${plural(x, 'worker')}`
      // In the order of the files: the eye compares A with B, not one row with the next.
      parts.push(this.#figure(barChart(title, both, x, { ...look, ranked: false })))
    }
    if (varied !== null) {
      const drawn = both.map((all) => all.filter((series) => isLine(series, x)))
      for (const [index, one] of drawn.entries()) {
        const title = `${comparison.title} by ${varied} – ${'AB'[index]}`
        if (one.length > 0) {
          parts.push(this.#figure(lineChart(title, AXES[varied], one, drawn, look), 'beside'))
        }
      }
    }
    return html`<section id="${name}"><h2>${comparison.title}</h2>
${note(comparison.per, varied)}${runLegend()}<div class="charts">${parts}</div>${compareTable(comparison)}</section>
`
  }

  #figure(chart: ChartData, kind = 'alone'): Markup {
    const index = this.charts.push(chart) - 1
    const description = `${chart.title}: a chart of the figures in the table below`
    return html`<figure class="${kind}"><figcaption>${chart.title}${chart.log ? ' (logarithmic scale)' : ''}</figcaption>
<div class="chart ${chart.type}"><canvas data-chart="${index}" role="img" aria-label="${description}"></canvas></div></figure>
`
  }
}

function lookOf(runs: readonly BenchResult[]): Look {
  return {
    ranked: runs.every((run) => doubt(run) === null),
    highlight: runs.every(({ machine }) => !machine.emulated),
  }
}

function note(per: string, varied: string | null): Markup {
  const together =
    varied === 'workers' ? ' With several workers: wall-clock time by what all of them did together.' : ''
  return html`<p class="note">Time per ${per}, median; less is better. Whiskers: 10th to 90th percentile.${together}</p>
`
}

function legend(all: readonly Series[], { highlight }: Look): Markup | null {
  if (!highlight) return null
  const items = LEGEND.filter(([kind]) => all.some((series) => series.kind === kind)).map(
    ([kind, text]) => html`<li><i class="swatch ${kind}"></i>${text}</li>`,
  )
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
  const ahead = timed.filter(
    ({ kind, median }) => kind !== 'floor' && kind !== 'ours' && median < best.median,
  )
  if (ahead.length === 0)
    return html`<p>Nothing measured here is faster than ${best.label} (${time(best.median)}).</p>
`
  const names = ahead.map(({ label, median }) => `${label} (${time(median)})`).join('; ')
  return html`<p>Faster than ${best.label} (${time(best.median)}): ${names}.</p>
`
}
