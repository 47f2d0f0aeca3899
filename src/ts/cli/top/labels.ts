import { NONE } from '../kit/format'
import { grouped } from '../kit/grouped'
import { shown, widthOf } from '../kit/text'
import { distinct } from './distinct'
import { packed } from './packed'
import { type MetricRow, scopeText, widthsOf } from './rows'

/** A label of a row; its scope, where that is shown, is one without a name. */
interface Label {
  readonly name: string
  /** As it is shown: method="GET". */
  readonly text: string
  /** The same without its name. */
  readonly value: string
}

const BARE = /^[^\s"]+$/
const pairs = new WeakMap<object, readonly Label[]>()

function pairsOf({ metric }: MetricRow): readonly Label[] {
  const { series, labels } = metric
  const known = pairs.get(series)
  if (known !== undefined) return known
  const made = Object.entries(labels).map(([name, value]): Label => {
    const whole = shown(value)
    return { name, text: shown(`${name}="${value}"`), value: BARE.test(whole) ? whole : `"${whole}"` }
  })
  const scope = scopeText(metric.scope)
  if (scope !== '') made.push({ name: '', text: shown(scope), value: shown(scope) })
  pairs.set(series, made)
  return made
}

/** Its labels, each as it is shown. */
export function labelTexts(row: MetricRow): string[] {
  return pairsOf(row).map(({ text }) => text)
}

/** Columns of texts side by side. */
function columnsOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + widthOf(text), Math.max(0, texts.length - 1))
}

/** Names of labels that these rows do not all have with the same value. */
function differing(rows: readonly MetricRow[]): Set<string> {
  const seen = new Map<string, { readonly value: unknown; count: number }>()
  const names = new Set<string>()
  for (const row of rows) {
    for (const { name, text } of pairsOf(row)) {
      const first = seen.get(name)
      if (first === undefined) seen.set(name, { value: text, count: 1 })
      else if (first.value === text) first.count++
      else names.add(name)
    }
  }
  for (const [name, { count }] of seen) if (count < rows.length) names.add(name)
  return names
}

/** What of its labels a row shows. */
type Form = (row: MetricRow) => readonly string[]

/** The rows of one name. */
class Group {
  readonly rows: readonly MetricRow[]
  /** From what says most to what needs least room, which is told by {@link columns}. */
  readonly forms: readonly [all: Form, telling: Form, values: Form]

  constructor(rows: readonly MetricRow[], hidden: ReadonlySet<string>) {
    this.rows = rows
    const [only] = rows
    const names =
      rows.length > 1 || only === undefined
        ? [...differing(rows)].sort()
        : pairsOf(only).map(({ name }) => name)
    const telling = names.filter((name) => !hidden.has(name))
    const isTelling = new Set(telling)
    const texts =
      (isShown: (name: string) => boolean): Form =>
      (row) =>
        pairsOf(row).flatMap(({ name, text }) => (isShown(name) ? [text] : []))
    this.forms = [
      texts((name) => !hidden.has(name)),
      texts((name) => isTelling.has(name)),
      (row) => {
        const values = new Map(pairsOf(row).map(({ name, value }) => [name, value]))
        return telling.map((name) => values.get(name) ?? NONE)
      },
    ]
  }

  /** What a form needs. */
  columns(form: Form): number {
    return this.rows.reduce((most, row) => Math.max(most, columnsOf(form(row))), 0)
  }
}

/** The labels of a table's rows, in whatever room there is. */
export class Labels {
  readonly #groups: readonly Group[]
  /** Columns of all labels. */
  readonly full: number
  /** Columns of all that not all rows have. */
  readonly short: number
  /** Columns of what tells rows apart. */
  readonly least: number
  /** What all rows have, and do not show where there is no room for {@link full}; empty where there is nothing. */
  readonly shared: string
  /** There are rows that nothing but labels tells apart. */
  readonly needed: boolean

  /** @param rows in any order */
  constructor(rows: readonly MetricRow[]) {
    const groups = grouped(rows, ({ metric }) => metric.name)
    this.full = rows.reduce((most, row) => Math.max(most, widthsOf(row)[1]), 0)
    this.needed = groups.size < rows.length
    const [first, second] = rows
    const own = differing(rows)
    const shared = first && second ? pairsOf(first).filter(({ name }) => !own.has(name)) : []
    this.shared = shared.map(({ text }) => text).join(' ')
    const hidden = new Set(shared.map(({ name }) => name))
    this.#groups = [...groups.values()].map((some) => new Group(some, hidden))
    const most = (form: 0 | 2): number =>
      this.#groups.reduce((sofar, group) => Math.max(sofar, group.columns(group.forms[form])), 0)
    this.short = most(0)
    this.least = most(2)
  }

  /** By the keys of rows: as much as there is room for, and what tells each from the others of its name. */
  cells(width: number): Map<string, string> {
    return new Map(this.#groups.flatMap((group) => [...distinct(this.#textsOf(group, width), width)]))
  }

  #textsOf(group: Group, width: number): Map<string, string> {
    const { rows, forms } = group
    if (this.full <= width) return new Map(rows.map(({ key, labels }) => [key, labels]))
    const form = forms.find((one) => group.columns(one) <= width)
    if (form !== undefined) return new Map(rows.map((row) => [row.key, form(row).join(' ')]))
    return packed(new Map(rows.map((row) => [row.key, forms[2](row)])), width)
  }
}
