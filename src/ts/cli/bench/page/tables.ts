import { factor, factorSpan, known, NONE, plural, time, timeSpan, whole } from '../../kit/format'
import { grouped } from '../../kit/grouped'
import type { Figure } from '../../kit/limits'
import { type Content, html, type Markup } from '../../kit/page/html'
import { row, table } from '../../kit/page/table'
import type { Change, Comparison } from '../compare-rows'
import type { BenchResult, Row } from '../result'
import { densities } from './bars'
import { pointsOf, rowAt, type Series } from './charts'

const KINDS: Readonly<Record<Row['kind'], string>> = {
  ours: 'this package',
  other: 'alternative',
  c: 'C',
  floor: 'floor',
}

/** Rows of a label, its kind and cells; a column whose head is false is left out. */
function tableOf(
  caption: string,
  heads: readonly (string | false)[],
  rows: readonly (readonly [label: string, kind: string | undefined, ...cells: Content[]])[],
): Markup {
  const shown = (_: unknown, i: number): boolean => heads[i] !== false
  const body = rows.map(([label, kind, ...cells]) => row(label, cells.filter(shown), kind))
  return table(caption, ['Variant', ...heads.filter((head) => head !== false)], body)
}

function span(figure: Figure): Markup {
  return html`<span class="span">${timeSpan(figure.low, figure.high)}</span>`
}

/** The figures of a bar chart: the rows at one x, in the chart's order. */
export function barTable(caption: string, series: readonly Series[], x: number): Markup {
  const rows = series.flatMap((one) => rowAt(one, x) ?? [])
  const bytes = rows.some((one) => one.ns && one.bytes !== undefined) && 'Bytes per counter'
  const isPublished = rows.some((one) => one.ns && one.published !== undefined)
  const published = [isPublished && 'Published: x86-64', isPublished && 'arm32']
  const figures = tableOf(
    caption,
    ['Median', '10th–90th percentile', 'Samples', bytes, ...published, 'Kind'],
    rows.flatMap(({ label, kind, ns, bytes, published }) => {
      if (ns === null) return []
      const figure = [time(ns.median), html`<td>${span(ns)}</td>`, whole(ns.samples), known(bytes, whole)]
      const others = [known(published?.x86_64, time), known(published?.arm32, time)]
      return [[label, kind, ...figure, ...others, html`<td class="text">${KINDS[kind]}</td>`]]
    }),
  )
  return html`${figures}${isPublished ? PUBLISHED : null}`
}

/** In the words of result.ts. */
const PUBLISHED = html`<p class="note">Published: in the commit that brought rseq to the kernel, on a Xeon E5-2630 v3 and a Cubietruck.</p>
`

/** The figures of a line chart: a row for each line, a column for each x. */
export function lineTable(caption: string, axis: string, series: readonly Series[]): Markup {
  const xs = pointsOf(series).filter((x) => x >= 0)
  const most = xs.at(-1) ?? -1
  const bytesOf = (one: Series): number | undefined => rowAt(one, most)?.bytes
  const withBytes = series.some((one) => bytesOf(one) !== undefined)
  const rows = series.map((one) => {
    const cells = xs.map((x) => {
      const figure = one.at.get(x)?.ns
      return figure ? html`<td>${time(figure.median)}${densities([figure])}${span(figure)}</td>` : NONE
    })
    return [one.label, one.kind, ...cells, known(bytesOf(one), whole)] as const
  })
  const heads = [...xs.map((x) => plural(x, axis)), withBytes && `Bytes, ${plural(most, axis)}`]
  return tableOf(caption, heads, rows)
}

/** The rows that could not run, and why: each reason once. */
export function unavailable(rows: readonly Row[]): Markup | null {
  const missing = grouped(
    rows.filter(({ ns }) => ns === null),
    (one) => one.unavailable ?? 'no reason given',
  )
  if (missing.size === 0) return null
  const items = [...missing].map(([reason, without]) => {
    const names = [...grouped(without, ({ label }) => label)].map(([label, alike], index) => {
      const scales = alike.flatMap(({ workers, size }) => workers ?? size ?? [])
      const some = rows.some((one) => one.label === label && one.ns !== null)
      const at = some && scales.length > 0 ? ` (${scales.map(whole).join(', ')})` : ''
      return html`${index > 0 ? ', ' : ''}<b>${label}</b>${at}`
    })
    return html`<li>${names}: ${reason}</li>`
  })
  return html`<div class="missing"><h3>Not measured</h3><ul>${items}</ul></div>
`
}

/** Questions of which no run measured anything, and why: no sections of their own. */
export function notMeasured(runs: readonly BenchResult[]): Markup | null {
  const all = grouped(
    runs.flatMap((run) => run.questions),
    ({ name }) => name,
  )
  const items = [...all.values()].flatMap((same) => {
    const rows = same.flatMap((question) => question.rows)
    if (rows.some(({ ns }) => ns !== null)) return []
    const reasons = [...new Set(rows.map(({ unavailable: reason = 'no reason given' }) => reason))]
    return html`<li><b>${same[0]?.title ?? ''}</b>: ${reasons.join('; ') || 'no rows'}</li>`
  })
  if (items.length === 0) return null
  return html`<section class="missing"><h2>Not measured</h2><ul>${items}</ul></section>
`
}

/** Both runs' figures of one question, and their ratios; rows that have a figure in one of them. */
export function compareTable({ title, per, pairs: all }: Comparison): Markup {
  const pairs = all.filter(({ a, b }) => a?.ns || b?.ns)
  const withRatios = pairs.some(({ change }) => change !== null)
  const heads = [
    pairs.some(({ workers }) => workers !== undefined) && 'Workers',
    pairs.some(({ size }) => size !== undefined) && 'Counters',
    ...['A', 'B', ...(withRatios ? ['B / A', 'Ratio’s spread', 'B is'] : [])],
  ]
  const rows = pairs.map(({ label, workers, size, a, b, change }) => {
    const cells = [known(workers, whole), known(size, whole), figureCell(a), figureCell(b)]
    return [label, (a ?? b)?.kind, ...cells, ...(withRatios ? changeCells(change) : [])] as const
  })
  return tableOf(`${title} – time per ${per}`, heads, rows)
}

function figureCell(of: Row | null): Markup {
  if (of === null) return html`<td class="absent">not in this run</td>`
  if (of.ns === null) return html`<td class="absent">${of.unavailable ?? 'not measured'}</td>`
  return html`<td>${time(of.ns.median)}<br>${span(of.ns)}</td>`
}

function changeCells(change: Change | null): Content[] {
  if (change === null) return [NONE, NONE, NONE]
  const { ratio, low, high, verdict } = change
  return [factor(ratio), factorSpan(low, high), html`<td class="${VERDICTS[verdict]}">${verdict}</td>`]
}

const VERDICTS: Readonly<Record<Change['verdict'], string>> = {
  '=': 'text',
  faster: 'text good',
  slower: 'text bad',
}
