import type { Row } from './family'
import type { Labels } from './labels'
import type { Looks } from './look'
import { bucketsOf, type Metric, type Shared } from './metric'

/** How a registry writes its page. */
export interface Style {
  readonly openMetrics: boolean
  readonly defaults: Readonly<Labels>
}

/** As prom-client has it, NaN too. */
function numberText(x: number): string {
  if (Number.isNaN(x)) return 'Nan'
  if (Number.isFinite(x)) return `${x}`
  return x < 0 ? '-Inf' : '+Inf'
}

function escaped(text: string): string {
  return text.includes('\\') || text.includes('\n')
    ? text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
    : text
}

/** @returns `a="b",c="d"` */
function labelText(labels: Readonly<Record<string, unknown>>): string {
  let text = ''
  for (const name of Object.keys(labels)) {
    const value = labels[name]
    const shown = typeof value === 'string' ? escaped(value).replaceAll('"', '\\"') : String(value)
    text += text === '' ? `${name}="${shown}"` : `,${name}="${shown}"`
  }
  return text
}

function braced(...parts: string[]): string {
  const text = parts.filter((part) => part !== '').join(',')
  return text === '' ? '' : `{${text}}`
}

/** What a row's labels look like, made once: a thousand of them are most of a page's cost. */
const texts = new WeakMap<object, string>()

function ownText(labels: Labels): string {
  let text = texts.get(labels)
  if (text === undefined) {
    text = labelText(labels)
    texts.set(labels, text)
  }
  return text
}

/** The registry's labels, but for those that a series has itself. */
function defaultText(defaults: Readonly<Labels>, own: object): string {
  const more = Object.entries(defaults).filter(([name]) => !Object.hasOwn(own, name))
  return more.length === 0 ? '' : labelText(Object.fromEntries(more))
}

function histogramLines(name: string, bounds: readonly number[], row: Row, defaults: string): string[] {
  const own = ownText(row.labels)
  const buckets = bucketsOf(bounds, row.merged)
  const lines = buckets.map(([le, total]) => `${name}_bucket${braced(`le="${le}"`, defaults, own)} ${total}`)
  const labels = braced(defaults, own)
  const count = buckets.at(-1)?.[1] ?? 0
  return [...lines, `${name}_sum${labels} ${numberText(row.merged.value)}`, `${name}_count${labels} ${count}`]
}

/** A metric's part of the page, over all threads and processes. */
export function textOf(metric: Metric, { family, bounds }: Shared, looks: Looks, style: Style): string {
  return linesOf(metric, bounds, family.rows(looks), style).join('\n')
}

/** @param metric whose name, help and type head the lines */
export function linesOf(
  { name, help, type }: Pick<Metric, 'name' | 'help' | 'type'>,
  bounds: readonly number[],
  rows: readonly Row[],
  { openMetrics, defaults }: Style,
): string[] {
  // OpenMetrics has the family's name without what its lines end in.
  const isTotal = openMetrics && type === 'counter'
  const shown = escaped(isTotal ? name.replace(/_total$/, '') : name)
  const lines = [`# HELP ${shown} ${escaped(help)}`, `# TYPE ${shown} ${type}`]
  const lineName = isTotal ? `${shown}_total` : shown
  const hasDefaults = Object.keys(defaults).length > 0
  for (const row of rows) {
    const more = hasDefaults ? defaultText(defaults, row.labels) : ''
    if (type === 'histogram') lines.push(...histogramLines(shown, bounds, row, more))
    else lines.push(`${lineName}${braced(ownText(row.labels), more)} ${numberText(row.merged.value)}`)
  }
  return lines
}
