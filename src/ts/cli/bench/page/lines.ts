import { plural, tick, time, timeSpan, whole } from '../../kit/format'
import { html, type Markup } from '../../kit/page/html'
import { linear, logarithmic, percentOf, type Scale } from '../../kit/page/scale'
import type { Line, LineChart } from './charts'

const NAME_HEIGHT = 15
const NAME_CHARACTERS = 38
const LEAST_HEIGHT = 340
const MARKS = 6
/** Looks that CSS tells apart; past them, they are dashed. */
const OURS = 3
const OTHERS = 8

/** Lines over workers or sizes, with a name at the end of each, or below where there is no room. */
export function linesMarkup(chart: LineChart): Markup {
  const { x, range, log, lines, axis, highlight } = chart
  const height = Math.max(LEAST_HEIGHT, Math.round(lines.length * NAME_HEIGHT * 1.5))
  const [least, most] = range
  const vertical = log ? logarithmic(least * 0.8, most * 1.25) : linear(most * 1.05, MARKS)
  const y = (value: number): number => Math.round(10 * height * (1 - vertical.at(value))) / 10
  // Workers and sizes are doubled, or more: equal steps, equal room.
  const across = logarithmic(x[0] ?? 1, x.at(-1) ?? 1)
  const look = ({ kind, slot }: Line): string => {
    const ours = highlight && kind === 'ours'
    const dashed = !ours && slot % OTHERS >= OTHERS / 2 ? ' dashed' : ''
    return ours ? `line ours-${(slot % OURS) + 1}` : `line other-${(slot % OTHERS) + 1}${dashed}`
  }
  const drawn = lines.map(
    (line) => html`<g class="${look(line)}">${points(line, chart, across, y)}</g>
`,
  )
  const names = spreadOut(
    lines.map((line) => {
      const end = line.points.findLast((point) => point !== null)
      return { line, y: y(end?.median ?? least) }
    }),
    height,
  ).map(
    ({ line, y: from, at }) =>
      html`<g class="${look(line)}"><path d="M5 ${from}L16 ${at}H20"/><text x="24" y="${at + 4}">${shortened(line.label)}</text></g>
`,
  )
  const keys = lines.map((line) => html`<li class="${look(line)}"><i></i>${line.label}</li>`)
  return html`<svg class="plot" height="${height}">${rows(vertical, y)}${x.map((value) => column(value, across, height))}
${drawn}<svg class="names" x="100%" overflow="visible">${names}</svg></svg>
<p class="axis">${axis}s</p><ul class="keys">${keys}</ul>
`
}

function rows(scale: Scale, y: (value: number) => number): Markup[] {
  return scale.marks.map(
    (mark) =>
      html`<line class="grid" x1="0" x2="100%" y1="${y(mark)}" y2="${y(mark)}"/><text class="mark" x="0" dx="-8" y="${y(mark) + 4}">${tick(mark)}</text>`,
  )
}

function column(value: number, scale: Scale, height: number): Markup {
  const x = percentOf(scale.at(value))
  return html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${height}"/><text x="${x}" y="${height + 16}">${whole(value)}</text>`
}

/** A line's points, each with its spread, and what leads from one to the next that was measured. */
function points(
  { label, points: figures }: Line,
  { x, axis }: LineChart,
  across: Scale,
  y: (value: number) => number,
): Markup[] {
  const measured = figures.flatMap((figure, at) =>
    figure === null ? [] : { figure, value: x[at] ?? 1, left: percentOf(across.at(x[at] ?? 1)) },
  )
  return measured.map(({ figure, value, left }, index) => {
    const { median, low, high } = figure
    const next = measured[index + 1]
    const lead =
      next && html`<line x1="${left}" y1="${y(median)}" x2="${next.left}" y2="${y(next.figure.median)}"/>`
    return html`${lead ?? null}<line class="spread" x1="${left}" x2="${left}" y1="${y(low)}" y2="${y(high)}"/><circle cx="${left}" cy="${y(median)}" r="3.5"><title>${label}, ${plural(value, axis)}: ${time(median)} (${timeSpan(low, high)})</title></circle>`
  })
}

/** Names beside their lines' ends, moved apart until none covers another. */
function spreadOut(ends: { line: Line; y: number }[], height: number) {
  const names = ends.map((end) => ({ ...end, at: end.y })).sort((a, b) => a.y - b.y)
  let next = 0
  for (const name of names) {
    name.at = Math.max(name.y, next)
    next = name.at + NAME_HEIGHT
  }
  let last = height
  for (const name of names.toReversed()) {
    name.at = Math.min(name.at, last)
    last = name.at - NAME_HEIGHT
  }
  return names
}

function shortened(text: string): string {
  return text.length <= NAME_CHARACTERS ? text : `${text.slice(0, NAME_CHARACTERS - 1)}…`
}
