import type { HistogramSnapshot } from '../../histogram/reading'
import { bars } from '../kit/bars'
import { amount, compact, exact, known, NONE } from '../kit/format'
import { cut, padded } from '../kit/text'
import { distinct } from './distinct'
import { Labels } from './labels'
import { type MetricRow, widthsOf } from './rows'

interface Column {
  readonly head: string
  readonly align: 'left' | 'right'
  /** More than this it does not need for these rows; 0: it has nothing to say of them. */
  most(rows: readonly MetricRow[]): number
  /** At most `width` columns, or it is cut. */
  cell(row: MetricRow, width: number): string
}

function longest(head: string, rows: readonly MetricRow[], columns: (row: MetricRow) => number): number {
  return rows.reduce((most, row) => Math.max(most, columns(row)), head.length)
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

/** Names, and labels: what they show depends on all rows, and on how wide they come out. */
function ofTexts(head: string, most: number, cells: (width: number) => ReadonlyMap<string, string>): Column {
  let known: readonly [width: number, cells: ReadonlyMap<string, string>] = [-1, new Map()]
  return {
    head,
    align: 'left',
    most: () => most,
    cell(row, width) {
      if (known[0] !== width) known = [width, cells(width)]
      return known[1].get(row.key) ?? ''
    },
  }
}

const KIND: Column = { head: 'KIND', align: 'left', most: () => 9, cell: ({ metric }) => metric.kind }
const TOTAL: Column = {
  head: 'TOTAL',
  align: 'right',
  most: (rows) => longest('TOTAL', rows, ({ total }) => exact(total).length),
  cell({ total }, width) {
    const all = exact(total)
    return all.length <= width ? all : compact(total)
  },
}
const RATE: Column = {
  head: 'RATE/S',
  align: 'right',
  most: () => 7,
  cell: ({ rate }) => known(rate, compact),
}
/** In place of RATE where there is no TOTAL: gauges have nothing but their value. */
const NOW: Column = {
  ...RATE,
  head: 'NOW',
  cell({ metric, rate, total }, width) {
    if (metric.kind === 'gauge') return compact(total)
    const perSecond = known(rate, (x) => `${compact(x)}/s`)
    return perSecond.length <= width ? perSecond : known(rate, compact)
  },
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
const NUMBERS = [KIND, TOTAL, RATE, MEAN, P50, P90, P99, MAX, SAMPLES]

/** A column and its width. */
type Sized = readonly [Column, number]

/** A table of so many columns. */
export interface Layout {
  /** From left to right. */
  readonly columns: readonly Sized[]
  /** Labels that all rows have and do not show; empty where there are none. */
  readonly shared: string
}

/** What gets room, up to how many columns. */
type Step = readonly [column: Column, columns: number]

/**
 * Which columns there is room for beside each other, one space between them, and what names and labels show in theirs:
 * no two rows look the same. It depends on what the rows are, and neither on their order nor on their numbers' values.
 */
export function layoutFor(rows: readonly MetricRow[], width: number): Layout {
  const labels = new Labels(rows)
  const names = new Map(rows.map(({ metric, name }) => [metric.name, name]))
  const byName = (cells: ReadonlyMap<string, string>): Map<string, string> =>
    new Map(rows.map(({ key, metric }) => [key, cells.get(metric.name) ?? '']))
  const isShown = (): boolean => columns.some(([column]) => column === LABELS)
  const NAME = ofTexts(
    'NAME',
    longest('NAME', rows, (row) => widthsOf(row)[0]),
    (room) =>
      labels.needed && !isShown()
        ? distinct(new Map(rows.map((row) => [row.key, `${row.name} ${row.labels}`])), room)
        : byName(distinct(names, room)),
  )
  const most = labels.full === 0 ? 0 : Math.max('LABELS'.length, labels.full)
  const LABELS = ofTexts('LABELS', most, (room) => labels.cells(room))
  const columns = sized(rows, width, stepsFor(NAME, LABELS, labels), [NAME, LABELS, ...NUMBERS])
  const isCut = columns.some(([column, room]) => column === LABELS && room < labels.full)
  return { columns, shared: isCut ? labels.shared : '' }
}

/** Who gets how much room, one after the other: what matters most comes first. */
function stepsFor(NAME: Column, LABELS: Column, { needed, least, short }: Labels): Step[] {
  const some = (columns: number): Step => [LABELS, Math.min(columns, Math.max(least, 'LABELS'.length))]
  return [
    [NAME, 12],
    // Where names do not tell rows apart, labels go before numbers.
    ...(needed ? [some(8)] : []),
    [RATE, 7],
    ...(needed ? [some(16)] : []),
    [TOTAL, 7],
    some(8),
    [NAME, 22],
    some(20),
    [P99, 8],
    [P50, 8],
    some(30),
    [MAX, 8],
    [P90, 8],
    [SAMPLES, 12],
    [KIND, 9],
    [MEAN, 8],
    [NAME, Number.POSITIVE_INFINITY],
    [LABELS, short],
    [LABELS, Number.POSITIVE_INFINITY],
    [TOTAL, Number.POSITIVE_INFINITY],
    [SAMPLES, Number.POSITIVE_INFINITY],
  ]
}

/** A column that is not there yet gets all that a step gives or nothing; then nothing that matters less is added. */
function sized(
  rows: readonly MetricRow[],
  width: number,
  steps: readonly Step[],
  order: readonly Column[],
): Sized[] {
  const widths = new Map<Column, number>()
  let left = width
  let isFull = false
  for (const [column, share] of steps) {
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
  return order.flatMap((column) => {
    const now = widths.get(column)
    if (now === undefined) return []
    return [[column === RATE && !widths.has(TOTAL) ? NOW : column, now] as const]
  })
}

export function headLine({ columns }: Layout): string {
  return columns.map(([{ head, align }, width]) => padded(head, width, align)).join(' ')
}

export function rowLine({ columns }: Layout, row: MetricRow): string {
  return columns.map(([column, width]) => padded(column.cell(row, width), width, column.align)).join(' ')
}

/** What all rows have, said once; empty where rows say it themselves. */
export function sharedLine({ shared }: Layout, width: number): string {
  return shared === '' ? '' : cut(`all: ${shared}`, width)
}

/** All of it, for a file or a pipe: nothing is cut. */
export function plainTable(rows: readonly MetricRow[], width: number): string[] {
  const layout = layoutFor(rows, width)
  const shared = sharedLine(layout, width)
  const lines = [headLine(layout), ...rows.map((row) => rowLine(layout, row))]
  return [...(shared === '' ? [] : [shared]), ...lines.map((line) => line.trimEnd())]
}
