import { bar, bars } from '../kit/bars'
import { amount, compact, exact, NONE } from '../kit/format'
import { cut, flow, padded, shown } from '../kit/text'
import { labelTexts } from './labels'
import { distribution, type MetricRow } from './rows'
import type { Split } from './service'

/** A CPU's name, bar and number beside each other. */
const LEAST_CELL = 24

function splitLines(split: Split, width: number, height: number): string[] {
  const most = split.reduce((sofar, n) => Math.max(sofar, Math.abs(n)), 1)
  const overflow = split.length - 1
  const label = Math.max('overflow'.length, `cpu ${overflow - 1}`.length)
  const beside = Math.max(1, Math.min(Math.floor((width + 2) / (LEAST_CELL + 2)), split.length))
  const size = Math.floor((width - 2 * (beside - 1)) / beside)
  // Where there are more than fit, those that counted most; the overflow cell always.
  const room = beside * height
  const fits = split.length <= room
  const order = split.map((_, i) => i)
  const chosen = fits
    ? order
    : order
        .slice(0, overflow)
        .sort((a, b) => Math.abs(split[b] as number) - Math.abs(split[a] as number))
        .slice(0, Math.max(0, room - 1))
        .sort((a, b) => a - b)
        .concat(overflow)
  const cells = chosen.map((i) => {
    const n = split[i] as number
    const name = padded(i === overflow ? 'overflow' : `cpu ${i}`, label)
    const barWidth = Math.max(0, size - label - 9)
    return padded(`${name} ${padded(bar(Math.abs(n) / most, barWidth), barWidth)} ${compact(n)}`, size)
  })
  const lines: string[] = []
  for (let i = 0; i < cells.length; i += beside) lines.push(cells.slice(i, i + beside).join('  '))
  return lines.map((line) => line.trimEnd())
}

function histogramLines(row: MetricRow, width: number): string[] {
  const samples = distribution(row.metric)
  if (samples === null) return []
  if (samples.count === 0) return ['no samples']
  const { unit, value } = row.metric
  const told = (x: number): string => amount(x, unit)
  const ends = [told(samples.min), told(samples.max)] as const
  const room = Math.max(0, Math.min(64, width - ends[0].length - ends[1].length - 2))
  return [
    ...flow(
      [
        `all time: ${exact(samples.count)} samples`,
        `mean ${told(value / samples.count)}`,
        ...[50, 90, 99, 99.9].map((p) => `p${p} ${told(samples.percentile(p))}`),
      ],
      width,
    ),
    `${ends[0]} ${bars(samples, room)} ${ends[1]}`,
  ]
}

/** What there is to say of one metric, in at most `height` lines of at most `width` columns. */
export function detail(row: MetricRow, split: Split | null, width: number, height: number): string[] {
  const { metric } = row
  const about = [metric.help, metric.unit === '' ? '' : `(${metric.unit})`].filter((text) => text !== '')
  const lines = [
    // Whole, for there may be room for a part of them in the table.
    ...flow([row.name, ...labelTexts(row)], width, ' '),
    ...(about.length > 0 ? [shown(about.join(' '))] : []),
    ...(metric.kind === 'histogram'
      ? histogramLines(row, width)
      : flow(
          [
            `${metric.kind} ${exact(row.total)}`,
            ...(metric.kind === 'gauge'
              ? []
              : [`${row.rate === null ? NONE : compact(row.rate)} per second`]),
          ],
          width,
        )),
  ]
  const left = height - lines.length
  if (split !== null && left > 0) lines.push(...splitLines(split, width, left))
  return lines.slice(0, height).map((line) => cut(line, width))
}
