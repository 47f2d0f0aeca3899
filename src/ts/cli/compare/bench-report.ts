import { type Change, type Comparison, comparisons, doubts, type Pair } from '../bench/compare-rows'
import { thrownAway } from '../bench/interruptions'
import type { BenchResult } from '../bench/result'
import type { Names } from '../kit/comparison'
import { factor, factorSpan, known, NONE, plural, time } from '../kit/format'
import { grouped } from '../kit/grouped'
import { colors, columns, wrap, wrapped } from '../kit/terminal'
import { padded } from '../kit/text'
import { report } from './report'

/** Between two columns. */
const GAP = '  '
const TIME = 8
const RATIO = 6
const SPREAD = 9
const VERDICT = 6
/** Narrower than this, a ratio's spread stands below it … */
const WIDE = 72
/** … and narrower than this, figures stand below their names. */
const BESIDE = 58

/** Two runs beside each other, as lines. */
export function benchReport(a: BenchResult, b: BenchResult, names: Names): string[] {
  const reasons = doubts(a, b)
  const withRatios = reasons.length === 0
  const sections = comparisons(a, b).map((comparison) => section(comparison, withRatios))
  const parts = withRatios ? [...sections, wrapped(READING).map(colors.dim)] : sections
  return report([a, b], names, reasons, parts, ({ interruptions }) => [
    `Interruptions: ${thrownAway(interruptions)}`,
  ])
}

const READING =
  'B/A: above 1, B takes longer. Its spread, below or beside it, is from the 10th and 90th percentiles of both runs; = where they overlap.'

function section({ title, per, pairs }: Comparison, withRatios: boolean): string[] {
  const measured = pairs.filter(({ a, b }) => a?.ns || b?.ns)
  if (measured.length === 0) return [...wrapped(`${title}: not measured`).map(colors.bold), ...notes(pairs)]
  return [
    ...wrapped(`${title}, time per ${per}`).map(colors.bold),
    ...table(measured, withRatios),
    ...notes(pairs),
  ]
}

/** By their places; a name has lines of its own, for labels are long. */
function table(pairs: readonly Pair[], withRatios: boolean): string[] {
  const wide = columns() >= WIDE
  const beside = columns() >= BESIDE
  // In the narrow form the spread needs its own width below the ratio.
  const ratioWidths = wide ? [RATIO, SPREAD, VERDICT] : [SPREAD, VERDICT]
  const widths = [TIME, TIME, ...(withRatios ? ratioWidths : [])]
  const room = columns() - widths.reduce((sum, width) => sum + GAP.length + width, 0)
  const line = (name: string, cells: readonly string[]): string => {
    const shown = cells.map((cell, i) =>
      padded(cell, widths[i] as number, i === ratioWidths.length + 1 ? 'left' : 'right'),
    )
    return [padded(name, room), ...shown].join(GAP).trimEnd()
  }
  const lines = (pair: Pair): string[] => {
    const { label, a, b, change } = pair
    const paint = (a ?? b)?.kind === 'ours' ? colors.bold : String
    const name = wrap(label, beside ? room : columns()).map(paint)
    const figures = [a, b].map((row) => known(row?.ns, ({ median }) => time(median)))
    const all = withRatios ? ratio(change, wide) : [[]]
    const cells = all.map((more, i) => [...(i === 0 ? figures : ['', '']), ...more])
    if (!beside) return [...name, ...cells.map((one) => line('', one))]
    return Array.from({ length: Math.max(name.length, cells.length) }, (_, i) =>
      line(name[i] ?? '', cells[i] ?? []),
    )
  }
  const head = ['A', 'B', ...(withRatios ? ['B/A', ...(wide ? ['spread'] : []), 'B is'] : [])]
  return [
    line('', head.map(colors.dim)),
    ...[...grouped(pairs, at)].flatMap(([place, some]) => [
      ...(place === '' ? [] : [colors.dim(place)]),
      ...some.flatMap(lines),
    ]),
  ]
}

/** The cells of a ratio; of a narrow one in two lines. */
function ratio(change: Change | null, wide: boolean): string[][] {
  if (change === null) return [wide ? [NONE, NONE] : [NONE]]
  const { low, high, verdict } = change
  const [middle, spread, word] = [
    factor(change.ratio),
    colors.dim(factorSpan(low, high)),
    VERDICTS[verdict](verdict),
  ]
  return wide ? [[middle, spread, word]] : [[middle, word], [spread]]
}

const VERDICTS: Readonly<Record<Change['verdict'], (text: string) => string>> = {
  '=': colors.dim,
  faster: colors.green,
  slower: colors.red,
}

/** With how many workers, over how many counters; empty where neither is varied. */
function at({ workers, size }: Pair): string {
  const parts = [
    ...(workers === undefined ? [] : [plural(workers, 'worker')]),
    ...(size === undefined ? [] : [plural(size, 'counter')]),
  ]
  return parts.join(', ')
}

/** Rows that have no figure in one run or in both, and why: each reason once, for those in the same places. */
function notes(pairs: readonly Pair[]): string[] {
  const absent = pairs.flatMap((pair) =>
    Object.entries({ A: pair.a, B: pair.b }).flatMap(([run, row]) => {
      const reason = row === null ? 'not in this run' : (row.unavailable ?? 'not measured')
      return row?.ns ? [] : { label: pair.label, why: `in ${run}: ${reason}`, place: at(pair) }
    }),
  )
  const notes = [...grouped(absent, ({ label, why }) => JSON.stringify([label, why])).values()].map(
    (some) => {
      const { label, why } = some[0] as (typeof absent)[number]
      const places = some.map(({ place }) => place).filter(Boolean)
      return { label, text: places.length === 0 ? why : `${why} (${places.join('; ')})` }
    },
  )
  return [...grouped(notes, ({ text }) => text)].flatMap(([text, some]) =>
    wrapped(`No ${some.map(({ label }) => label).join(', ')} ${text}`, 2),
  )
}
