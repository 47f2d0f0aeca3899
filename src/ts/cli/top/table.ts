import type { HistogramSnapshot } from '../../histogram-reading'
import { padded } from '../text'
import { bars } from './bars'
import { amount, compact, exact, NONE } from './numbers'
import { type Row, widthsOf } from './rows'

interface Column {
  readonly head: string
  readonly align: 'left' | 'right'
  /** More than this it does not need for these rows; 0: it has nothing to say of them. */
  most(rows: readonly Row[]): number
  /** At most `width` columns, or it is cut. */
  cell(row: Row, width: number): string
}

function longest(head: string, widths: Iterable<number>): number {
  let most = head.length
  for (const width of widths) if (width > most) most = width
  return most
}

function ofHistogram(head: string, read: (samples: HistogramSnapshot) => number): Column {
  return {
    head,
    align: 'right',
    most: (rows) => (rows.some(({ recent }) => recent !== null) ? 8 : 0),
    cell({ recent, metric }) {
      if (recent === null) return ''
      return recent.count === 0 ? NONE : amount(read(recent), metric.unit)
    },
  }
}

const NAME: Column = {
  head: 'NAME',
  align: 'left',
  most: (rows) =>
    longest(
      'NAME',
      rows.map((row) => widthsOf(row)[0]),
    ),
  cell: ({ name }) => name,
}
const LABELS: Column = {
  head: 'LABELS',
  align: 'left',
  most: (rows) =>
    rows.some(({ labels }) => labels !== '')
      ? longest(
          'LABELS',
          rows.map((row) => widthsOf(row)[1]),
        )
      : 0,
  cell: ({ labels }) => labels,
}
const KIND: Column = {
  head: 'KIND',
  align: 'left',
  most: () => 9,
  cell: ({ metric }) => metric.kind,
}
const TOTAL: Column = {
  head: 'TOTAL',
  align: 'right',
  most: (rows) =>
    longest(
      'TOTAL',
      rows.map(({ total }) => exact(total).length),
    ),
  cell({ total }, width) {
    const all = exact(total)
    return all.length <= width ? all : compact(total)
  },
}
const RATE: Column = {
  head: 'RATE/S',
  align: 'right',
  most: () => 7,
  cell: ({ rate }) => (rate === null ? NONE : compact(rate)),
}
const MEAN = ofHistogram('MEAN', ({ mean }) => mean)
const P50 = ofHistogram('P50', (samples) => samples.percentile(50))
const P90 = ofHistogram('P90', (samples) => samples.percentile(90))
const P99 = ofHistogram('P99', (samples) => samples.percentile(99))
const MAX = ofHistogram('MAX', ({ max }) => max)
const SAMPLES: Column = {
  head: 'SAMPLES',
  align: 'left',
  most: (rows) => (rows.some(({ recent }) => recent !== null) ? 24 : 0),
  cell: ({ recent }, width) => (recent === null ? '' : bars(recent, width)),
}

/** From left to right. */
const ORDER = [NAME, LABELS, KIND, TOTAL, RATE, MEAN, P50, P90, P99, MAX, SAMPLES]
/**
 * Who gets how much room, one after the other: what matters most comes first. A column that is not there yet gets all
 * of it or nothing; then nothing that matters less is added.
 */
const STEPS: readonly (readonly [Column, number])[] = [
  [NAME, 12],
  [RATE, 7],
  [TOTAL, 7],
  [LABELS, 8],
  [NAME, 22],
  [LABELS, 20],
  [P99, 8],
  [P50, 8],
  [KIND, 9],
  [MAX, 8],
  [P90, 8],
  [SAMPLES, 12],
  [MEAN, 8],
  [NAME, Number.POSITIVE_INFINITY],
  [LABELS, Number.POSITIVE_INFINITY],
  [TOTAL, Number.POSITIVE_INFINITY],
  [SAMPLES, Number.POSITIVE_INFINITY],
]

/** A column and its width. */
type Sized = readonly [Column, number]

/** Which columns there is room for beside each other, one space between them. */
export function columnsFor(rows: readonly Row[], width: number): Sized[] {
  const widths = new Map<Column, number>()
  let left = width
  let isFull = false
  for (const [column, share] of STEPS) {
    const wanted = Math.min(share, column.most(rows))
    const now = widths.get(column)
    if (wanted === 0) continue
    if (now !== undefined) {
      const more = Math.max(0, Math.min(left, wanted - now))
      widths.set(column, now + more)
      left -= more
    } else if (widths.size === 0) {
      widths.set(column, Math.min(wanted, left))
      left = Math.max(0, left - wanted)
    } else if (!isFull && wanted + 1 <= left) {
      widths.set(column, wanted)
      left -= wanted + 1
    } else {
      isFull = true
    }
  }
  return ORDER.flatMap((column) => {
    const now = widths.get(column)
    return now === undefined ? [] : [[column, now] as const]
  })
}

export function headLine(columns: readonly Sized[]): string {
  return columns.map(([{ head, align }, width]) => padded(head, width, align)).join(' ')
}

export function rowLine(columns: readonly Sized[], row: Row): string {
  return columns.map(([column, width]) => padded(column.cell(row, width), width, column.align)).join(' ')
}

/** All of it, for a file or a pipe: nothing is cut. */
export function plainTable(rows: readonly Row[], width: number): string[] {
  const columns = columnsFor(rows, width)
  return [headLine(columns), ...rows.map((row) => rowLine(columns, row))].map((line) => line.trimEnd())
}
