import { plural, tick } from '../kit/format'
import { html, type Markup } from '../kit/page/html'
import { linear, logarithmic, percentOf, powersOfTen, type Scale } from '../kit/page/scale'
import type { NoiseResult, Timeline } from './schema'

/** Units of height that a lane's drawing has. */
const HEIGHT = 1000
/** Marks on the time axis, about. */
const MARKS = 5
/** More CPUs than this have lower lanes. */
const FEW = 16

/** What the lanes of some runs are drawn on, so that the eye can compare them. */
export function heightsOf(runs: readonly NoiseResult[]): Scale {
  const most = Math.max(...runs.flatMap(({ cpus }) => cpus.map(({ longest }) => longest)))
  const least = Math.max(1, Math.min(...runs.map(({ threshold }) => threshold)))
  return logarithmic(least, Math.max(most, least * 10))
}

/** A lane for each CPU: the longest gap of each column, by cause. */
export function lanes(run: NoiseResult, heights: Scale): Markup {
  const { cpus, seconds, step } = run
  const columns = Math.max(1, ...cpus.map(({ timeline }) => timeline.threads.longest.length))
  const time = linear(Math.max(1e-9, (columns * step) / 1e9), MARKS)
  const drawn = cpus.map(({ cpu, timeline }) => {
    const { threads, interrupts } = timeline
    const label = `CPU ${cpu}: the longest gap in each of ${plural(columns, 'column')} of ${seconds.toFixed(1)} s`
    return html`<div class="lane"><b>CPU ${cpu}</b>${marks(heights)}<div class="plot" role="img" aria-label="${label}">
<svg class="grid">${heights.marks.map((mark) => html`<line x1="0" x2="100%" y1="${y(heights, mark)}" y2="${y(heights, mark)}"/>`)}</svg>
<svg viewBox="0 0 ${columns} ${HEIGHT}" preserveAspectRatio="none">${[
      bars('threads', threads, heights, () => true),
      bars('interrupts', interrupts, heights, () => true),
      // In front where they are the shorter ones.
      bars('threads', threads, heights, (i) => (threads.longest[i] ?? 0) < (interrupts.longest[i] ?? 0)),
    ]}</svg></div></div>
`
  })
  const axis = time.marks.map(
    (mark) => html`<text x="${percentOf(time.at(mark))}" y="14">${`${Number(mark.toPrecision(3))} s`}</text>`,
  )
  return html`<div class="lanes${cpus.length > FEW ? ' many' : ''}">${drawn}<div class="lane axis"><div class="plot"><svg>${axis}</svg></div></div></div>
`
}

function y(heights: Scale, value: number): string {
  return percentOf(1 - Math.min(1, heights.at(value)))
}

function marks(heights: Scale): Markup {
  return html`<svg class="marks">${powersOfTen(heights).marks.map((mark) => html`<text x="100%" y="${y(heights, mark)}" dy="0.35em">${tick(mark)}</text>`)}</svg>`
}

/** One path of bars: neighbours of one height are one. */
function bars(
  kind: string,
  { longest }: Timeline,
  heights: Scale,
  wanted: (column: number) => boolean,
): Markup {
  const tops = longest.map((gap, i) =>
    gap > 0 && wanted(i) ? Math.round(HEIGHT * Math.min(1, Math.max(0.02, heights.at(gap)))) : 0,
  )
  let path = ''
  for (let i = 0; i < tops.length; ) {
    const top = tops[i] as number
    let end = i + 1
    while (tops[end] === top) end++
    if (top > 0) path += `M${i} ${HEIGHT}v${-top}h${end - i}v${top}z`
    i = end
  }
  return html`<path class="${kind}" d="${path}"/>`
}
