import type { PointStyle } from 'chart.js'
import type { BarChart, LineChart } from '../ts/cli/bench/page-charts'

/** What charts take from the page's styles, so that both change together. */
export interface Theme {
  readonly ink: string
  readonly muted: string
  readonly grid: string
  readonly paper: string
  readonly font: string
  bar(chart: BarChart, index: number, run: number): string
  line(chart: LineChart, index: number): LineLook
}

/** Lines differ in more than their colour. */
export interface LineLook {
  readonly color: string
  readonly width: number
  readonly dash: number[]
  readonly point: PointStyle
}

const POINTS: readonly PointStyle[] = ['circle', 'rect', 'triangle', 'rectRot']
const OURS = 3
const OTHERS = 8

export function theme(): Theme {
  const style = getComputedStyle(document.documentElement)
  const value = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return {
    ink: value('ink'),
    muted: value('muted'),
    grid: value('grid'),
    paper: value('paper'),
    font: style.fontFamily,
    bar({ bars, runs, highlight }, index, run) {
      const kind = bars[index]?.kind ?? 'other'
      if (runs === 1) return value(highlight ? kind : 'other')
      return value(`run-${'ab'[run]}${highlight && kind === 'ours' ? '' : '-pale'}`)
    },
    line({ lines, highlight }, index) {
      const { kind, slot } = lines[index] ?? { kind: 'other', slot: 0 }
      const ours = highlight && kind === 'ours'
      return {
        color: ours ? value(`ours-${(slot % OURS) + 1}`) : value(`line-${(slot % OTHERS) + 1}`),
        width: ours ? 3 : 1.5,
        dash: ours || slot < OTHERS / 2 ? [] : [5, 3],
        point: POINTS[slot % POINTS.length] ?? 'circle',
      }
    },
  }
}
