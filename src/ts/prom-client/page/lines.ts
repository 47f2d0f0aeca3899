import { buffer } from '../../base/builtins'
import { HISTOGRAM, WAY, WAY_SHIFT } from '../../contract/backend'
import type { Merged } from '../../metrics/merged'
import { type Numbers, Seen } from '../../metrics/survey'
import type { Metric } from '../metrics/metric'
import type { Labels } from '../series/labels'
import { familyName, ownLabel } from '../series/readable'
import type { Row } from '../series/rows'

/** How a registry writes its page. */
export interface Style {
  readonly openMetrics: boolean
  readonly defaults: Readonly<Labels>
}

/** The lines of a metric: what stands before their numbers, and where these are. */
export interface Lines {
  /** Whose these lines are, and how they are written. */
  readonly style: string
  readonly top: string
  /** How long they are at most, with their numbers: code units. Where no text can be so long, there are none. */
  readonly size: number
  /** All but the numbers: UTF-8. Written once, for it is most of a page's cost. */
  readonly heads: Uint8Array
  readonly ends: Uint32Array
  readonly isAscii: boolean
  /** Of what look `numbers` and `which` are. */
  look: Merged | undefined
  numbers: Numbers
  readonly which: Uint32Array
}

function escaped(text: string): string {
  return text.includes('\\') || text.includes('\n')
    ? text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
    : text
}

/** In OpenMetrics, quotes are escaped here too. */
function helpText(help: string, openMetrics: boolean): string {
  const shown = escaped(String(help))
  return openMetrics ? shown.replaceAll('"', '\\"') : shown
}

/** @returns `a="b",c="d"` */
function labelText(labels: Readonly<Record<string, unknown>>): string {
  let text = ''
  for (const name of Object.keys(labels)) {
    const shown = escaped(String(labels[name])).replaceAll('"', '\\"')
    text += text === '' ? `${name}="${shown}"` : `,${name}="${shown}"`
  }
  return text
}

function braced(...parts: string[]): string {
  const text = parts.filter((part) => part !== '').join(',')
  return text === '' ? '' : `{${text}}`
}

/** The registry's labels, but for those that a series has itself. */
function defaultText(defaults: Readonly<Labels>, own: object, type: Metric['type']): string {
  const not = ownLabel(type)
  const more = Object.entries(defaults).filter(([name]) => name !== not && !Object.hasOwn(own, name))
  return more.length === 0 ? '' : labelText(Object.fromEntries(more))
}

function histogramHeads(name: string, bounds: readonly number[], defaults: string, own: string): string[] {
  const labels = braced(defaults, own)
  return [
    ...[...bounds, '+Inf'].map((le) => `\n${name}_bucket${braced(`le="${le}"`, defaults, own)} `),
    `\n${name}_sum${labels} `,
    `\n${name}_count${labels} `,
  ]
}

/** More than a page can be: long labels, on a line for each of many buckets, are longer than any text. */
export const MOST_TEXT = buffer.constants.MAX_STRING_LENGTH - 2 ** 24
/** Of a line: what ends its name, its bound, punctuation, and its number. */
const MOST_BESIDE = 100

/** What a metric's lines are made of. */
export type Described = Pick<Metric, 'name' | 'help' | 'type'>

function linesIn(
  { name, help, type }: Described,
  bounds: readonly number[],
  rows: readonly Row[],
  { openMetrics, defaults }: Style,
  style: string,
): Lines {
  const shown = familyName(name, type, openMetrics)
  const lineName = openMetrics && type === 'counter' ? `${shown}_total` : shown
  const owns = rows.map(({ labels }) => labelText(labels))
  const each = type === 'histogram' ? bounds.length + 3 : 1
  const rest = shown.length + labelText(defaults).length + MOST_BESIDE
  const size = owns.reduce((sum, own) => sum + each * (own.length + rest), help.length * 2 + rest)
  const texts = (size > MOST_TEXT ? [] : rows).flatMap(({ labels }, i) => {
    const own = owns[i] as string
    const more = defaultText(defaults, labels, type)
    if (type === 'histogram') return histogramHeads(shown, bounds, more, own)
    return `\n${lineName}${braced(own, more)} `
  })
  let end = 0
  const ends = Uint32Array.from(texts, (text) => {
    end += buffer.Buffer.byteLength(text)
    return end
  })
  const text = texts.join('')
  return {
    style,
    size,
    top: `# HELP ${shown} ${helpText(help, openMetrics)}\n# TYPE ${shown} ${type}`,
    heads: buffer.Buffer.from(text),
    ends,
    isAscii: end === text.length,
    look: undefined,
    numbers: { all: new Float64Array(0) },
    which: new Uint32Array(texts.length),
  }
}

/** Where in a look's numbers a row's are; null where its number is made of several. */
function placeOf({ samples }: Merged, numbers: Numbers): number | null {
  const [one, ...others] = samples
  return others.length === 0 && one instanceof Seen && one.numbers === numbers ? one.at : null
}

/** Finds the numbers of another look. */
function aim(lines: Lines, type: Metric['type'], bounds: readonly number[], rows: readonly Row[]): void {
  const first = rows[0]?.merged
  if (lines.look === first) return
  lines.look = first
  const sample = first?.samples[0]
  if (sample instanceof Seen) lines.numbers = sample.numbers
  const { which, numbers } = lines
  let line = 0
  for (const { merged } of rows) {
    const place = placeOf(merged, numbers)
    const to = (way: number, at = 0): number => (place === null ? WAY.ask : way) * 2 ** WAY_SHIFT + at
    if (type === 'histogram') {
      const buckets = (place ?? 0) + HISTOGRAM.buckets
      for (let i = 0; i <= bounds.length; i++) which[line++] = to(WAY.add, buckets + i)
      which[line++] = to(WAY.ask)
      which[line++] = to(WAY.total)
    } else which[line++] = to(WAY.value, place ?? 0)
  }
}

const written = new WeakMap<readonly Row[], Lines>()

/** The lines of a metric's rows. They are the same as long as the rows are the same list. */
export function linesOf(
  metric: Described,
  bounds: readonly number[],
  rows: readonly Row[],
  style: Style,
): Lines {
  const { openMetrics, defaults } = style
  const key = `${openMetrics} ${metric.name}{${labelText(defaults)}}`
  let lines = written.get(rows)
  if (lines?.style !== key) {
    lines = linesIn(metric, bounds, rows, style, key)
    written.set(rows, lines)
  }
  aim(lines, metric.type, bounds, rows)
  return lines
}

/** @returns the number of one of the lines. A histogram's are asked for in their order: its buckets are added up once */
export function numbersOf(
  type: Metric['type'],
  bounds: readonly number[],
  rows: readonly Row[],
): (line: number) => number {
  if (type !== 'histogram') return (line) => (rows[line] as Row).merged.value
  const each = bounds.length + 3
  let last: Merged | undefined
  let totals: Float64Array = new Float64Array(0)
  return (line) => {
    const { merged } = rows[Math.floor(line / each)] as Row
    const which = line % each
    if (which === bounds.length + 1) return merged.value
    if (merged !== last) {
      last = merged
      totals = merged.totals()
    }
    return totals[Math.min(which, totals.length - 1)] ?? 0
  }
}
