import type { Labels } from './labels'
import type { Looks } from './look'
import type { Metric, Shared } from './metric'
import type { Row } from './rows'

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

/** The registry's labels, but for those that a series has itself. */
function defaultText(defaults: Readonly<Labels>, own: object): string {
  const more = Object.entries(defaults).filter(([name]) => !Object.hasOwn(own, name))
  return more.length === 0 ? '' : labelText(Object.fromEntries(more))
}

/** What stands before the numbers of a metric's rows. */
interface Heads {
  readonly style: string
  /** Of a histogram several for each row: its buckets, the sum, and the count. */
  readonly texts: readonly string[]
}

/** Written once, for they are most of a page's cost. */
const written = new WeakMap<readonly Row[], Heads>()

/**
 * The same texts, as parts of one. What was put together of pieces is kept as pieces, and looked through whenever it
 * becomes part of a page.
 */
function together(texts: readonly string[]): string[] {
  const whole = texts.join('')
  let end = 0
  return texts.map(({ length }) => {
    const start = end
    end += length
    return whole.slice(start, end)
  })
}

function headsOf(
  rows: readonly Row[],
  style: string,
  write: (row: Row) => string | string[],
): Heads['texts'] {
  const known = written.get(rows)
  if (known?.style === style) return known.texts
  const texts = together(rows.flatMap(write))
  written.set(rows, { style, texts })
  return texts
}

function histogramHeads(name: string, bounds: readonly number[], defaults: string, own: string): string[] {
  const labels = braced(defaults, own)
  return [
    ...[...bounds, '+Inf'].map((le) => `\n${name}_bucket${braced(`le="${le}"`, defaults, own)} `),
    `\n${name}_sum${labels} `,
    `\n${name}_count${labels} `,
  ]
}

/** A metric's part of the page, over all threads and processes. */
export function textOf(metric: Metric, { family, bounds }: Shared, looks: Looks, style: Style): string {
  return textOfRows(metric, bounds, family.rows(looks), style)
}

/** @param metric whose name, help and type head the lines */
export function textOfRows(
  { name, help, type }: Pick<Metric, 'name' | 'help' | 'type'>,
  bounds: readonly number[],
  rows: readonly Row[],
  { openMetrics, defaults }: Style,
): string {
  // OpenMetrics has the family's name without what its lines end in.
  const isTotal = openMetrics && type === 'counter'
  const shown = escaped(isTotal ? name.replace(/_total$/, '') : name)
  const lineName = isTotal ? `${shown}_total` : shown
  const heads = headsOf(rows, `${lineName}{${labelText(defaults)}}`, ({ labels }) => {
    const own = labelText(labels)
    const more = defaultText(defaults, labels)
    if (type === 'histogram') return histogramHeads(shown, bounds, more, own)
    return `\n${lineName}${braced(own, more)} `
  })
  let text = `# HELP ${shown} ${escaped(help)}\n# TYPE ${shown} ${type}`
  let next = 0
  for (const { merged } of rows) {
    if (type === 'histogram') {
      let total = 0
      for (let i = 0; i <= bounds.length; i++) {
        total += merged.counts[i] ?? 0
        text += heads[next++] + numberText(total)
      }
      text += heads[next++] + numberText(merged.value)
      text += heads[next++] + numberText(total)
    } else {
      text += heads[next++] + numberText(merged.value)
    }
  }
  return text
}
