import { LABEL, lines } from '../kit/columns'
import { digits, NONE, whole } from '../kit/format'
import { grouped } from '../kit/grouped'
import type { Figure } from '../kit/limits'
import { colors, wrapped } from '../kit/terminal'
import type { QuestionPlan } from './plan'
import type { Question, Row } from './result'

/**
 * One question's table, or tables, and what to know about them: lines of at most 80 columns. Rows without any figure are
 * in no table.
 */
export function tableOf(question: Question, plan: QuestionPlan, ranked: boolean): string[] {
  const { title, per } = question
  const ids = new Set(question.rows.filter(({ ns }) => ns !== null).map(({ id }) => id))
  if (ids.size === 0)
    return [...wrapped(`${title}: not measured`).map(colors.bold), ...missing(question.rows)]
  const rows = question.rows.filter(({ id }) => ids.has(id))
  const scaled = rows.some((row) => scaleOf(row) !== undefined)
  const notes = plan.notes.flatMap((note) => {
    if (typeof note === 'string') return note
    return note.about.some((id) => ids.has(id)) ? note.text : []
  })
  return [
    ...wrapped(`${title} (ns per ${per})`).map(colors.bold),
    ...(scaled ? scaledTables(rows, plan, ranked) : plainTable(rows, plan, ranked)),
    ...missing(question.rows),
    ...notes.flatMap((note) => wrapped(note)).map(colors.dim),
  ]
}

/** A line per row: its figure, its spread, its ratio, and what others published. */
function plainTable(rows: readonly Row[], plan: QuestionPlan, ranked: boolean): string[] {
  const reference = referenceOf(rows, plan)
  const published = rows.some((row) => row.published !== undefined)
  const cells = rows.map((row) => [
    labelOf(row),
    ...figureAndSpread(row.ns),
    ...(ranked ? [ratio(row, reference)] : []),
    ...(published
      ? [row.published?.x86_64, row.published?.arm32].map((ns) => (ns === undefined ? '' : digits(ns)))
      : []),
  ])
  const head = ['', 'ns', '10% – 90%', ...(ranked ? [`× ${plan.unit}`] : [])]
  return grid([...head, ...(published ? ['x86-64', 'arm32'] : [])], cells)
}

/** A column per number of workers or counters: figures, then ratios and bytes; the floors before them. */
function scaledTables(rows: readonly Row[], plan: QuestionPlan, ranked: boolean): string[] {
  const floors = rows.flatMap((row) =>
    scaleOf(row) === undefined ? [[labelOf(row), ...figureAndSpread(row.ns)]] : [],
  )
  const scales = [...new Set(rows.flatMap((row) => scaleOf(row) ?? []))]
  const columns = scales.map((scale) => rows.filter((row) => scaleOf(row) === scale))
  const names = new Map(columns.flat().map((row) => [row.id, row]))
  const cells = (id: string, show: (row: Row, column: readonly Row[]) => string): string[] =>
    columns.map((column) => {
      const row = column.find((candidate) => candidate.id === id)
      return row === undefined ? '' : show(row, column)
    })

  const what = rows.some(({ workers }) => workers !== undefined) ? 'workers:' : 'counters:'
  const head = scales.map(whole)
  const figures = grid(
    [what, ...head],
    [...names].map(([id, row]) => [labelOf(row), ...cells(id, ({ ns }) => withSpread(ns))]),
  )
  const bytes = columns.at(-1)?.some((row) => row.bytes !== undefined) ?? false
  const ratios = grid(
    [ranked ? `× ${plan.unit}` : '', ...(ranked ? head : []), ...(bytes ? ['bytes'] : [])],
    [...names].map(([id, row]) => [
      labelOf(row),
      ...(ranked ? cells(id, (own, column) => ratio(own, referenceOf(column, plan))) : []),
      // Where it depends on the number of workers, the most of them.
      ...(bytes ? cells(id, (own) => (own.bytes === undefined ? '' : whole(own.bytes))).slice(-1) : []),
    ]),
  )
  return [
    ...(floors.length > 0 ? [...grid(['', 'ns', '10% – 90%'], floors), ''] : []),
    ...figures,
    ...(ranked || bytes ? ['', ...ratios] : []),
  ]
}

/** Of a terminal that nobody has made wider. */
const COLUMNS = 80
/** The first head is of labels. */
function grid([label = '', ...heads]: readonly string[], rows: readonly string[][]): string[] {
  return lines([{ ...LABEL, head: label }, ...heads.map((head) => ({ head, goes: 0 }))], rows, COLUMNS)
}

const scaleOf = ({ workers, size }: Row): number | undefined => workers ?? size

/** The row that the others are compared with. */
export function referenceOf(rows: readonly Row[], { reference }: QuestionPlan): Row | undefined {
  return reference
    .map((id) => rows.find((row) => row.id === id && row.ns !== null))
    .find((row) => row !== undefined)
}

function ratio({ ns }: Row, reference: Row | undefined): string {
  return ns === null || !reference?.ns ? NONE : digits(ns.median / reference.ns.median)
}

function figureAndSpread(ns: Figure | null): string[] {
  return ns === null ? [NONE, ''] : [digits(ns.median), `${digits(ns.low)} – ${digits(ns.high)}`]
}

function withSpread(ns: Figure | null): string {
  if (ns === null) return NONE
  return `${digits(ns.median)} ±${Math.round((50 * (ns.high - ns.low)) / ns.median)}%`
}

/** This package's rows stand out. */
function labelOf({ kind, label }: Row): string {
  return kind === 'ours' ? colors.bold(label) : label
}

/** Why rows have no figure: each reason once. */
function missing(rows: readonly Row[]): string[] {
  const absent = rows.filter(({ unavailable }) => unavailable !== undefined)
  return [...grouped(absent, ({ unavailable }) => unavailable)].flatMap(([reason, some]) =>
    wrapped(`No ${[...new Set(some.map(({ label }) => label))].join(', ')}: ${reason}`),
  )
}
