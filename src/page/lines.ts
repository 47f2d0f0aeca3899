import type { ChartConfiguration, Plugin, TooltipItem } from 'chart.js'
import type { LineChart } from '../ts/cli/bench/page-charts'
import { plural, tick, time, timeSpan, whole } from '../ts/cli/bench/page-format'
import type { Theme } from './theme'

/** Beside the lines, in pixels and as a share of the width. */
const NAME_ROOM = 290
const NAME_SHARE = 0.36
const NAME_HEIGHT = 15
const LEGEND_ROW = 22

/** How high a chart's canvas has to be: names that do not fit beside the lines stand below them. */
export function linesHeight({ lines }: LineChart, narrow: boolean): number {
  return narrow ? 300 + lines.length * LEGEND_ROW : Math.max(360, lines.length * NAME_HEIGHT * 1.6)
}

/** What Chart.js needs to know of lines over workers or sizes. */
export function linesConfiguration(
  data: LineChart,
  theme: Theme,
  width: number,
  narrow: boolean,
): ChartConfiguration<'line'> {
  const room = narrow ? 0 : Math.min(NAME_ROOM, NAME_SHARE * width)
  const font = { size: 11, family: theme.font }
  const [least, most] = data.range
  return {
    type: 'line',
    data: {
      datasets: data.lines.map(({ label, points }, index) => {
        const { color, width, dash, point } = theme.line(data, index)
        return {
          label,
          data: points.flatMap((spread, at) => (spread ? { x: data.x[at] ?? 1, y: spread.median } : [])),
          borderColor: color,
          backgroundColor: color,
          borderWidth: width,
          borderDash: dash,
          // The outermost points are on the chart's edge: whole ones all the same.
          clip: 8,
          pointStyle: point,
          pointRadius: width > 2 ? 4 : 3,
        }
      }),
    },
    options: {
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      layout: { padding: { right: narrow ? 14 : room, top: 8 } },
      scales: {
        x: {
          // Workers and sizes are doubled, or more: equal steps, equal room.
          type: 'logarithmic',
          min: data.x[0] ?? 1,
          max: data.x.at(-1) ?? 1,
          title: { display: true, text: `${data.axis}s`, color: theme.muted, font },
          grid: { color: theme.grid },
          border: { color: theme.grid },
          afterBuildTicks: (axis) => {
            axis.ticks = data.x.map((value) => ({ value }))
          },
          ticks: { color: theme.muted, font, autoSkip: false, callback: (value) => whole(Number(value)) },
        },
        y: {
          type: data.log ? 'logarithmic' : 'linear',
          min: data.log ? least * 0.8 : 0,
          max: data.log ? most * 1.25 : most * 1.05,
          grid: { color: theme.grid },
          border: { display: false },
          ...(data.log
            ? {
                afterBuildTicks: (axis) => {
                  axis.ticks = decades(least * 0.8, most * 1.25).map((value) => ({ value }))
                },
              }
            : {}),
          ticks: { color: theme.muted, font, callback: (value) => tick(Number(value)) },
        },
      },
      plugins: {
        legend: {
          display: narrow,
          position: 'bottom',
          align: 'start',
          labels: { color: theme.ink, font, usePointStyle: true, boxHeight: 7, padding: 8 },
        },
        tooltip: {
          callbacks: { title: (items) => titleOf(data, items), label: (item) => labelOf(data, item) },
        },
      },
    },
    plugins: [spreadsAndNames(data, theme, room)],
  }
}

/** 1, 10, 100 …; between few of them also 2 and 5 times as much. */
function decades(least: number, most: number): number[] {
  const steps = most / least > 3000 ? [1] : [1, 2, 5]
  const found: number[] = []
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most; power++) {
    found.push(...steps.map((step) => step * 10 ** power).filter((value) => value >= least && value <= most))
  }
  return found
}

function titleOf({ axis }: LineChart, [item]: TooltipItem<'line'>[]): string {
  return item?.parsed.x == null ? '' : plural(item.parsed.x, axis)
}

function labelOf({ lines, x }: LineChart, item: TooltipItem<'line'>): string {
  const line = lines[item.datasetIndex]
  const spread = line?.points[x.indexOf(item.parsed.x ?? 0)]
  if (!line || !spread) return ''
  return `${line.label}: ${time(spread.median)} (${timeSpan(spread.low, spread.high)})`
}

/** Draws the spread over each point and, where there is room, each line's name at its end. */
function spreadsAndNames(data: LineChart, theme: Theme, room: number): Plugin<'line'> {
  return {
    id: 'spreads',
    afterDatasetsDraw(chart) {
      const { ctx, canvas, chartArea } = chart
      const { x, y } = chart.scales
      if (x === undefined || y === undefined) return
      const names: Name[] = []
      let drawn = 0
      ctx.save()
      ctx.lineWidth = 1
      for (const [index, line] of data.lines.entries()) {
        const { color } = theme.line(data, index)
        ctx.strokeStyle = color
        for (const [at, spread] of line.points.entries()) {
          if (!spread) continue
          const left = x.getPixelForValue(data.x[at] ?? 1)
          ctx.beginPath()
          ctx.moveTo(left, y.getPixelForValue(spread.low))
          ctx.lineTo(left, y.getPixelForValue(spread.high))
          ctx.stroke()
          drawn++
        }
        const end = chart.getDatasetMeta(index).data.at(-1)
        if (end)
          names.push({
            text: line.label,
            ours: data.highlight && line.kind === 'ours',
            color,
            x: end.x,
            y: end.y,
            at: end.y,
          })
      }
      if (room > 0)
        drawNames(ctx, spreadOut(names, chartArea.top, chartArea.bottom), chartArea.right, room, theme)
      ctx.restore()
      canvas.dataset.drawn = String(drawn)
    },
  }
}

interface Name {
  readonly text: string
  readonly ours: boolean
  readonly color: string
  /** The line's end. */
  readonly x: number
  readonly y: number
  /** Where the name stands. */
  at: number
}

/** Moves names apart until none covers another. */
function spreadOut(names: Name[], top: number, bottom: number): Name[] {
  names.sort((a, b) => a.y - b.y)
  let next = top
  for (const name of names) {
    name.at = Math.max(name.y, next)
    next = name.at + NAME_HEIGHT
  }
  let last = bottom
  for (const name of names.toReversed()) {
    name.at = Math.min(name.at, last)
    last = name.at - NAME_HEIGHT
  }
  return names
}

function drawNames(
  ctx: CanvasRenderingContext2D,
  names: readonly Name[],
  right: number,
  room: number,
  theme: Theme,
): void {
  ctx.textBaseline = 'middle'
  for (const { text, ours, color, x, y, at } of names) {
    ctx.strokeStyle = color
    ctx.beginPath()
    ctx.moveTo(x + 5, y)
    ctx.lineTo(right + 14, at)
    ctx.lineTo(right + 18, at)
    ctx.stroke()
    ctx.fillStyle = theme.ink
    ctx.font = `${ours ? 'bold ' : ''}12px ${theme.font}`
    ctx.fillText(fitting(ctx, text, room - 24), right + 22, at)
  }
}

function fitting(ctx: CanvasRenderingContext2D, text: string, room: number): string {
  let shown = text
  while (shown.length > 1 && ctx.measureText(shown).width > room) shown = `${shown.slice(0, -2).trimEnd()}…`
  return shown
}
