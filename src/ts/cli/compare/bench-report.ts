import Table from 'cli-table3'
import { type Change, type Comparison, comparisons, doubts, type Pair } from '../bench/compare-rows'
import { thrownAway } from '../bench/interruptions'
import type { BenchResult } from '../bench/result'
import { summary } from '../kit/page/facts'
import { factor, factorSpan, plural, time } from '../kit/page/format'
import type { Names } from '../kit/page/names'
import { colors, columns, hanging, wrap, wrapped } from '../kit/terminal'

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

const LINES = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', left: '', right: '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '', middle: GAP },
  ...{ mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
}

/** Two runs beside each other, as lines. */
export function report(a: BenchResult, b: BenchResult, names: Names): string[] {
  const reasons = doubts(a, b)
  const all = comparisons(a, b)
  return [
    ...[a, b].flatMap((run, index) => [
      ...hanging('AB'.charAt(index), names[index] ?? '', 0, 3),
      ...hanging('', summary(run), 0, 3),
      ...hanging('', `Interruptions: ${thrownAway(run.interruptions)}`, 0, 3),
    ]),
    ...reasons.flatMap((reason) => ['', ...wrapped(reason).map((line) => colors.yellow(line))]),
    ...all.flatMap((comparison) => ['', ...section(comparison, reasons.length === 0)]),
    ...(reasons.length === 0 ? ['', ...wrapped(READING).map(colors.dim)] : []),
  ]
}

const READING =
  'B/A: above 1, B takes longer. Its spread, below or beside it, is from the 10th and 90th percentiles of both runs; = where they overlap.'

function section({ title, per, pairs }: Comparison, withRatios: boolean): string[] {
  const measured = pairs.filter(({ a, b }) => a?.ns || b?.ns)
  if (measured.length === 0) return [...wrapped(`${title}: not measured`).map(colors.bold), ...notes(pairs)]
  return [
    ...wrapped(`${title}, time per ${per}`).map(colors.bold),
    ...table(measured, withRatios).split('\n'),
    ...notes(pairs),
  ]
}

function table(pairs: readonly Pair[], withRatios: boolean): string {
  const wide = columns() >= WIDE
  const beside = columns() >= BESIDE
  const widths = [TIME, TIME, ...(withRatios ? [RATIO, ...(wide ? [SPREAD] : []), VERDICT] : [])]
  // In the narrow form the spread needs its own width below the ratio.
  if (withRatios && !wide) widths[2] = SPREAD
  const taken = widths.reduce((sum, width) => sum + GAP.length + width, 0)
  const head = ['', 'A', 'B', ...(withRatios ? ['B/A', ...(wide ? ['spread'] : []), 'B is'] : [])]
  const result = new Table({
    head: head.map((name) => colors.dim(name)),
    chars: LINES,
    colWidths: [columns() - taken, ...widths],
    colAligns: ['left', 'right', 'right', 'right', ...(wide ? (['right'] as const) : []), 'left'],
    wordWrap: true,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  let group = ''
  for (const pair of pairs) {
    const { a, b, change } = pair
    if (at(pair) !== group) {
      group = at(pair)
      result.push([{ content: colors.dim(group), colSpan: head.length }])
    }
    const figures = [a, b].map((row) => (row?.ns ? time(row.ns.median) : '–'))
    const all = [...figures, ...(withRatios ? ratio(change, wide) : [])]
    if (beside) result.push([name(pair, columns() - taken), ...all])
    else result.push([{ content: name(pair, columns()), colSpan: head.length }], ['', ...all])
  }
  return result
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n')
}

function ratio(change: Change | null, wide: boolean): string[] {
  if (change === null) return wide ? ['–', '–', ''] : ['–', '']
  const { low, high, verdict } = change
  const [middle, spread] = [factor(change.ratio), colors.dim(factorSpan(low, high))]
  return [...(wide ? [middle, spread] : [`${middle}\n${spread}`]), VERDICTS[verdict](verdict)]
}

const VERDICTS: Readonly<Record<Change['verdict'], (text: string) => string>> = {
  '=': colors.dim,
  faster: colors.green,
  slower: colors.red,
}

/** In lines of its own: the table would cut long words off. */
function name({ label, a, b }: Pair, width: number): string {
  const ours = (a ?? b)?.kind === 'ours'
  return wrap(label, width)
    .map((line) => (ours ? colors.bold(line) : line))
    .join('\n')
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
  const found = new Map<string, { label: string; run: string; reason: string; places: string[] }>()
  for (const pair of pairs) {
    for (const [run, row] of Object.entries({ A: pair.a, B: pair.b })) {
      if (row?.ns) continue
      const reason = row === null ? 'not in this run' : (row.unavailable ?? 'not measured')
      const key = JSON.stringify([pair.label, run, reason])
      const note = found.get(key) ?? { label: pair.label, run, reason, places: [] }
      found.set(key, { ...note, places: [...note.places, at(pair)].filter((place) => place !== '') })
    }
  }
  const alike = new Map<string, string[]>()
  for (const { label, run, reason, places } of found.values()) {
    const rest = `in ${run}: ${reason}${places.length === 0 ? '' : ` (${places.join('; ')})`}`
    alike.set(rest, [...(alike.get(rest) ?? []), label])
  }
  return [...alike].flatMap(([rest, labels]) => wrapped(`No ${labels.join(', ')} ${rest}`, 2))
}
