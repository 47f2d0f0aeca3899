import type { ChartConfiguration, Plugin, TooltipItem } from 'chart.js'
import type { BarChart, Spread } from '../ts/cli/bench/page-charts'
import { tick, time, timeSpan } from '../ts/cli/bench/page-format'
import type { Theme } from './theme'

const FIGURE_ROOM = 68
const LABEL_CHARACTERS = 34
const BAR = 15
const GAP = 9
/** A label above its bar, where there is no room beside it. */
const LABEL_ABOVE = 21

/** How high a chart's canvas has to be. */
export function barsHeight({ bars, runs }: BarChart, narrow: boolean): number {
  return bars.length * rowHeight(runs, narrow) + 44
}

function rowHeight(runs: number, narrow: boolean): number {
  return runs * BAR + GAP + (narrow ? LABEL_ABOVE : 6)
}

/** What Chart.js needs to know of horizontal bars. */
export function barsConfiguration(data: BarChart, theme: Theme, narrow: boolean): ChartConfiguration<'bar'> {
  const { bars, runs } = data
  const least = Math.min(
    ...bars.flatMap((bar) => bar.runs.map((spread) => spread?.low ?? Number.POSITIVE_INFINITY)),
  )
  const labels = { color: theme.ink, font: { size: 12, family: theme.font } }
  return {
    type: 'bar',
    data: {
      labels: bars.map(({ label }) => (narrow ? shortened(label, 52) : lines(label))),
      datasets: Array.from({ length: runs }, (_, run) => ({
        label: runs === 1 ? '' : `${'AB'[run]}: `,
        data: bars.map((bar) => bar.runs[run]?.median ?? null),
        backgroundColor: bars.map((_, index) => theme.bar(data, index, run)),
        barThickness: BAR - 2,
        borderRadius: 2,
      })),
    },
    options: {
      indexAxis: 'y',
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      layout: { padding: { right: FIGURE_ROOM } },
      scales: {
        x: {
          type: data.log ? 'logarithmic' : 'linear',
          // A logarithmic bar starts somewhere: at the power of ten below all of them.
          min: data.log ? 10 ** Math.floor(Math.log10(least) - 0.05) : 0,
          grid: { color: theme.grid },
          border: { display: false },
          ticks: {
            color: theme.muted,
            font: { size: 11, family: theme.font },
            maxRotation: 0,
            maxTicksLimit: narrow ? 4 : 8,
            callback: (value) => (data.log && !isPowerOfTen(Number(value)) ? null : tick(Number(value))),
          },
        },
        y: {
          grid: { display: false },
          border: { color: theme.grid },
          // Inside the chart, and so much above the row's middle that they end where the bars begin.
          ticks: narrow
            ? {
                ...labels,
                autoSkip: false,
                mirror: true,
                padding: 0,
                z: 1,
                labelOffset: -(runs * BAR) / 2 - 9,
              }
            : { ...labels, autoSkip: false, crossAlign: 'far' },
          afterFit(scale) {
            if (narrow) scale.width = 1
          },
        },
      },
      plugins: {
        legend: { display: false },
        tooltip: { callbacks: { title: titleOf(bars), label: tooltip(data) } },
      },
    },
    plugins: [figures(data, theme, narrow)],
  }
}

function isPowerOfTen(value: number): boolean {
  return Number.isInteger(Number(Math.log10(value).toFixed(6)))
}

function titleOf(bars: BarChart['bars']) {
  return (items: TooltipItem<'bar'>[]): string => bars[items[0]?.dataIndex ?? 0]?.label ?? ''
}

function tooltip({ bars, runs }: BarChart) {
  return ({ dataIndex, datasetIndex }: TooltipItem<'bar'>): string => {
    const spread = bars[dataIndex]?.runs[datasetIndex]
    if (!spread) return ''
    const name = runs === 1 ? '' : `${'AB'[datasetIndex]}: `
    return `${name}${time(spread.median)} (${timeSpan(spread.low, spread.high)})`
  }
}

/** A label in lines that fit beside the bars. */
function lines(label: string): string[] {
  const found: string[] = []
  for (const word of label.split(' ')) {
    const last = found.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= LABEL_CHARACTERS) {
      found[found.length - 1] = `${last} ${word}`
    } else found.push(word)
  }
  const shown = found.slice(0, 2).map((line) => shortened(line, LABEL_CHARACTERS))
  if (found.length > 2) shown[1] = shortened(`${shown[1]} …`, LABEL_CHARACTERS)
  return shown
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

/** Draws the spread over each bar and its figure behind it. */
function figures({ bars, highlight }: BarChart, theme: Theme, narrow: boolean): Plugin<'bar'> {
  return {
    id: 'figures',
    afterDatasetsDraw(chart) {
      const { ctx, canvas, data } = chart
      const axis = chart.scales.x
      if (axis === undefined) return
      let drawn = 0
      ctx.save()
      ctx.strokeStyle = theme.ink
      ctx.lineWidth = 1
      ctx.textBaseline = 'middle'
      for (const run of data.datasets.keys()) {
        for (const [index, element] of chart.getDatasetMeta(run).data.entries()) {
          const spread = bars[index]?.runs[run]
          if (!spread) continue
          const end = whisker(ctx, spread, (ns) => axis.getPixelForValue(ns), element.y)
          const ours = highlight && bars[index]?.kind === 'ours'
          ctx.font = `${ours ? 'bold ' : ''}${narrow ? 11 : 12}px ${theme.font}`
          ctx.fillStyle = theme.ink
          ctx.fillText(time(spread.median), Math.max(end, element.x) + 6, element.y + 0.5)
          drawn++
        }
      }
      ctx.restore()
      canvas.dataset.drawn = String(drawn)
    },
  }
}

function whisker(
  ctx: CanvasRenderingContext2D,
  { low, high }: Spread,
  pixel: (ns: number) => number,
  y: number,
): number {
  const [left, right] = [pixel(low), pixel(high)]
  ctx.beginPath()
  ctx.moveTo(left, y)
  ctx.lineTo(right, y)
  for (const x of [left, right]) {
    ctx.moveTo(x, y - 3)
    ctx.lineTo(x, y + 3)
  }
  ctx.stroke()
  return right
}
