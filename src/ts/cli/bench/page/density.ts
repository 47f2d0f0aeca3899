import { timeSpan, whole } from '../../kit/format'
import type { Figure } from '../../kit/limits'
import { html, type Markup } from '../../kit/page/html'

const WIDTH = 100
const HEIGHT = 20

/**
 * Small pictures of how samples are distributed, one for each figure, all on one axis: from the lowest to the highest
 * that they show. Shaded: 10th to 90th percentile; the line is the median.
 */
export function densities(figures: readonly (Figure | null)[]): (Markup | null)[] {
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
