import { tick, time, timeSpan } from '../../kit/format'
import type { Figure } from '../../kit/limits'
import { html, type Markup, trusted } from '../../kit/page/html'
import { linear, logarithmic, percentOf, powersOfTen, type Scale } from '../../kit/page/scale'
import type { BarChart } from './charts'
import { densities } from './density'

const THICK = 14
const MARKS = 5
/** A mark that is nearer to the edge begins there. */
const EDGE = 0.03

/** Horizontal bars with their figures and distributions, a row for each. Widths are shares: they follow the page. */
export function barsMarkup(chart: BarChart): Markup {
  const figures = chart.bars.flatMap(({ runs }) => runs).filter((figure) => figure !== null)
  const [least, most] = [
    Math.min(...figures.map(({ low }) => low)),
    Math.max(...figures.map(({ high }) => high)),
  ]
  // A logarithmic bar starts somewhere: at the power of ten below all of them.
  const scale = chart.log
    ? powersOfTen(logarithmic(10 ** Math.floor(Math.log10(least) - 0.05), most))
    : linear(most, MARKS)
  const rows = chart.bars.map(({ label, kind, runs }) => {
    const shown = runs.map((figure) => html`<span>${figure === null ? '–' : time(figure.median)}</span>`)
    return html`<div class="row ${kind}"><span class="label">${label}</span>
<svg class="plot" height="${runs.length * (THICK + 2)}">${grid(scale)}${runs.map((figure, run) => (figure === null ? null : bar(figure, scale, run, runs.length)))}</svg>
<span class="figures">${shown}</span><span class="densities">${densities(runs).map((picture) => picture ?? html`<span></span>`)}</span></div>
`
  })
  const marks = scale.marks.map((mark) => {
    const share = scale.at(mark)
    return html`<text${share < EDGE ? trusted(' class="first"') : null} x="${percentOf(share)}" y="12">${tick(mark)}</text>`
  })
  return html`${rows}<div class="row axis"><svg class="plot" height="16">${marks}</svg></div>
`
}

function grid(scale: Scale): Markup[] {
  return scale.marks.map((mark) => {
    const x = percentOf(scale.at(mark))
    return html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="100%"/>`
  })
}

function bar(figure: Figure, scale: Scale, run: number, runs: number): Markup {
  const { median, low, high } = figure
  const top = run * (THICK + 2) + 1
  const middle = top + THICK / 2
  const [left, right] = [percentOf(scale.at(low)), percentOf(scale.at(high))]
  const end = (x: string): Markup => html`<line x1="${x}" x2="${x}" y1="${middle - 3}" y2="${middle + 3}"/>`
  return html`<g class="bar run-${runs === 1 ? 'only' : 'ab'.charAt(run)}"><title>${time(median)} (${timeSpan(low, high)})</title><rect x="0" y="${top}" width="${percentOf(scale.at(median))}" height="${THICK}" rx="2"/><line x1="${left}" x2="${right}" y1="${middle}" y2="${middle}"/>${end(left)}${end(right)}</g>`
}
