import { tick, time, timeSpan, whole } from '../../kit/format'
import type { Figure } from '../../kit/limits'
import { html, type Markup, trusted } from '../../kit/page/html'
import { linear, logarithmic, percentOf, powersOfTen, type Scale } from '../../kit/page/scale'
import type { BarChart, Figures } from './charts'

const THICK = 14
const MARKS = 5
/** A mark that is nearer to the edge begins there. */
const EDGE = 0.03

/** Horizontal bars with their figures and distributions, a row for each. Widths are shares: they follow the page. */
export function barsMarkup(chart: BarChart): Markup {
  const [least, most] = chart.range
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

const WIDTH = 100
const HEIGHT = 20

/**
 * Small pictures of how samples are distributed, one for each figure, all on one axis: from the lowest to the highest
 * that they show. Shaded: 10th to 90th percentile; the line is the median.
 */
export function densities(figures: Figures): (Markup | null)[] {
  const all = figures.flatMap((figure) => figure?.histogram ?? [])
  const low = Math.min(...all.map((histogram) => histogram.low))
  const high = Math.max(...all.map((histogram) => histogram.high))
  const x = (value: number): number => {
    const share = high > low ? (value - low) / (high - low) : 0.5
    return Number((WIDTH * Math.min(1, Math.max(0, share))).toFixed(2))
  }
  return figures.map((figure) => (figure?.histogram ? density(figure, x) : null))
}

function density(figure: Figure, x: (value: number) => number): Markup {
  const { low = 0, high = 0, counts = [] } = figure.histogram ?? {}
  const most = Math.max(...counts)
  const step = (high - low) / counts.length
  const steps = counts.map((count, at) => {
    const y = Number((HEIGHT - (HEIGHT * count) / most).toFixed(1))
    return `V${y}H${x(low + step * (at + 1))}`
  })
  const [from, to, median] = [x(figure.low), x(figure.high), x(figure.median)]
  return html`<svg class="density" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none"><title>${whole(figure.samples)} samples; shown: ${timeSpan(low, high)}</title><rect class="middle" x="${from}" y="0" width="${to - from}" height="${HEIGHT}"/><path d="M${x(low)} ${HEIGHT}${steps.join('')}V${HEIGHT}Z"/><line x1="${median}" x2="${median}" y1="0" y2="${HEIGHT}"/></svg>`
}
