import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Tooltip,
} from 'chart.js'
import type { ChartData } from '../ts/cli/bench/page-charts'
import { barsConfiguration, barsHeight } from './bars'
import { linesConfiguration, linesHeight } from './lines'
import { type Theme, theme } from './theme'

Chart.register(
  ...[BarController, BarElement, LineController, LineElement, PointElement],
  ...[CategoryScale, LinearScale, LogarithmicScale, Legend, Tooltip],
)

/** Below it, names stand above bars and below lines. */
const NARROW = 620

const charts = JSON.parse(document.getElementById('charts')?.textContent ?? '[]') as ChartData[]
const canvases = [...document.querySelectorAll<HTMLCanvasElement>('canvas[data-chart]')]

function draw(canvas: HTMLCanvasElement, colours: Theme): void {
  const data = charts[Number(canvas.dataset.chart)]
  const box = canvas.parentElement
  if (data === undefined || box === null) return
  const narrow = box.clientWidth < NARROW
  box.style.height = `${data.type === 'bars' ? barsHeight(data, narrow) : linesHeight(data, narrow)}px`
  const configuration =
    data.type === 'bars'
      ? barsConfiguration(data, colours, narrow)
      : linesConfiguration(data, colours, box.clientWidth, narrow)
  Chart.getChart(canvas)?.destroy()
  new Chart(canvas, configuration as ChartConfiguration)
}

function drawAll(): void {
  const colours = theme()
  for (const canvas of canvases) draw(canvas, colours)
}

/** Paper is white and narrower than most screens, whatever the screen shows. */
function forPaper(on: boolean): void {
  document.documentElement.classList.toggle('paper', on)
  drawAll()
}

let width = innerWidth
addEventListener('resize', () => {
  // Charts follow their boxes by themselves; whether they are narrow is decided here.
  if (width < NARROW * 2 || innerWidth < NARROW * 2) drawAll()
  width = innerWidth
})
addEventListener('beforeprint', () => forPaper(true))
addEventListener('afterprint', () => forPaper(false))
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll)
drawAll()
