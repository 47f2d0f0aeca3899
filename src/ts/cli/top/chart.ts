import { html, type Markup } from '../kit/page/html'

/** One line: a number or a gap for each time. */
export interface Curve {
  readonly label: string
  readonly values: readonly (number | null)[]
}

const WIDTH = 480
const HEIGHT = 160
/** Around the lines: for the numbers beside them. */
const LEFT = 56
const RIGHT = 8
const TOP = 8
const BOTTOM = 24
/** Dots tell their numbers; more of them than this hide the line. */
const MOST_DOTS = 120

/** What can be drawn: the difference of two of these is a number, and so is a part of it. */
const LARGEST = 1e300
const SMALLEST = 1e-300

function drawable(value: number): number {
  return Math.max(-LARGEST, Math.min(LARGEST, value))
}

/** Even numbers from 0, or from the lowest value, that enclose all values: four steps at most. */
export function ticks(low: number, high: number): number[] {
  const from = Math.min(0, low)
  const span = high - from > SMALLEST ? high - from : 1
  const power = 10 ** Math.floor(Math.log10(span / 4))
  const step = power * ([1, 2, 5, 10].find((factor) => span / (factor * power) <= 4) ?? 10)
  const first = Math.floor(from / step)
  const last = Math.max(first + 1, Math.ceil(high / step))
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
}

/**
 * Lines over time, as SVG without script or styles of its own: those are the page's.
 *
 * @param told how a value is written
 */
export function chart(
  label: string,
  times: readonly number[],
  lines: readonly Curve[],
  told: (value: number) => string,
): Markup {
  let [least, most] = [0, 0]
  for (const { values } of lines) {
    for (const value of values) {
      if (value === null || !Number.isFinite(value)) continue
      least = Math.min(least, drawable(value))
      most = Math.max(most, drawable(value))
    }
  }
  const marks = ticks(least, most)
  const [low, high] = [marks[0] as number, marks.at(-1) as number]
  const end = times.at(-1) ?? 1
  const start = times.length > 1 ? (times[0] as number) : 0
  const x = (time: number): string =>
    (LEFT + ((time - start) / (end - start || 1)) * (WIDTH - LEFT - RIGHT)).toFixed(1)
  const y = (value: number): string =>
    (HEIGHT - BOTTOM - ((drawable(value) - low) / (high - low)) * (HEIGHT - TOP - BOTTOM)).toFixed(1)

  const grid = marks.map(
    (mark) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(mark)}" y2="${y(mark)}"/>
<text x="${LEFT - 6}" y="${y(mark)}" dy="0.35em" text-anchor="end">${told(mark)}</text>
`,
  )
  const drawn = lines.map(({ label: name, values }, i) => {
    let path = ''
    let pen = 'M'
    const dots: Markup[] = []
    values.forEach((value, at) => {
      const time = times[at]
      if (value === null || !Number.isFinite(value) || time === undefined) {
        pen = 'M'
        return
      }
      path += `${pen}${x(time)} ${y(value)}`
      pen = 'L'
      dots.push(html`<circle cx="${x(time)}" cy="${y(value)}" r="2.5"><title>${name} ${told(value)}, ${time.toFixed(1)} s</title></circle>
`)
    })
    return html`<g class="line-${i}"><path d="${path}"/>
${dots.length <= MOST_DOTS ? dots : null}</g>
`
  })
  const legend =
    lines.length < 2
      ? null
      : html`<p class="legend">${lines.map(({ label: name }, i) => html`<span class="line-${i}">${name}</span> `)}</p>
`
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
${grid}${drawn}<text x="${LEFT}" y="${HEIGHT - 6}">${start.toFixed(1)} s</text>
<text x="${WIDTH - RIGHT}" y="${HEIGHT - 6}" text-anchor="end">${end.toFixed(1)} s</text>
</svg>
${legend}`
}
