import { sameShape } from '../../contract/buckets'
import { Merged } from '../../metrics/families'
import type { Labels } from './labels'
import { defaultsFor, labelsKey } from './once'

/** One line of a metric's part of the page, or of a histogram several. */
export interface Row {
  /** As they were given, in the order in which they were. */
  readonly labels: Labels
  /** As the last look has it. */
  merged: Merged
}

/** Those with the buckets of the first one: what was spilled may have others. */
export function alike(all: readonly Merged[]): readonly Merged[] {
  const first = all[0]?.buckets?.shape
  return first === undefined
    ? all
    : all.filter(({ buckets }) => buckets !== null && sameShape(buckets.shape, first))
}

/** Another thread can have counted in the process what is in the region, too: of the same labels there is one row. */
export function together(rows: readonly Row[]): Row[] {
  const found = new Map<string, Row>()
  for (const row of rows) {
    const key = JSON.stringify(Object.entries(row.merged.labels))
    const same = found.get(key)?.merged.samples ?? []
    found.set(key, { ...row, merged: new Merged([...same, ...row.merged.samples]) })
  }
  return [...found.values()]
}

/** Of one name, whatever is the same kind of thing and has the same labels as one. */
export function joined(all: readonly Merged[]): Merged[] {
  const found = new Map<string, Merged>()
  for (const one of all) {
    const { kind, buckets, labels } = one
    const key = JSON.stringify([kind, ...(buckets?.shape.extra ?? []), Object.entries(labels)])
    const same = found.get(key)
    found.set(key, same === undefined ? one : new Merged([...same.samples, ...one.samples]))
  }
  return [...found.values()]
}

/** What is shown of a list of rows, where it has several that are the same on a page. */
interface Shown {
  readonly defaults: string
  readonly rows: readonly Row[]
  /** Of which each of the rows is made. */
  readonly of: readonly (readonly Row[])[]
}

const shown = new WeakMap<readonly Row[], Shown>()

function grouped(all: readonly Row[], defaults: Labels, key: string): Shown {
  const found = new Map<string, Row[]>()
  for (const row of all) {
    const same = labelsKey({ ...defaults, ...row.labels })
    const others = found.get(same)
    if (others === undefined) found.set(same, [row])
    else others.push(row)
  }
  const of = [...found.values()]
  // The list itself, where nothing is the same.
  return {
    defaults: key,
    of,
    rows: of.length === all.length ? all : of.map(([first]) => ({ ...(first as Row) })),
  }
}

/**
 * A registry's labels can be what one of its rows has itself, and another one has not: those are one on its pages.
 *
 * @returns the same list in every look, as {@link Rows} has it
 */
export function shownOnce(all: readonly Row[], type: string, defaults: Readonly<Labels>): readonly Row[] {
  const more = defaultsFor(type, defaults) as Labels
  const key = labelsKey(more)
  if (key === '[]') return all
  let known = shown.get(all)
  if (known?.defaults !== key) {
    known = grouped(all, more, key)
    shown.set(all, known)
  }
  const { rows, of } = known
  if (rows === all) return all
  rows.forEach((row, i) => {
    const [first, ...others] = of[i] as readonly [Row, ...Row[]]
    const samples = [first, ...others].flatMap(({ merged }) => merged.samples)
    row.merged = others.length === 0 ? first.merged : new Merged(samples)
  })
  return rows
}

/**
 * The rows of a metric: the same list in every look, as long as its series stay the same. So what their labels look like
 * is written once. Read them before the next look.
 */
export class Rows {
  #all: readonly Row[] = []
  /** In the order in which the look has them. */
  #inOrder: readonly Row[] = []
  #last: readonly Merged[] | null = null

  /**
   * @param merged what a look has of the metric
   * @param make rows of that, in the page's order, one for each
   */
  of(merged: readonly Merged[], make: () => Row[]): readonly Row[] {
    if (merged === this.#last) return this.#all
    this.#last = merged
    if (!this.#renew(merged)) {
      this.#all = make()
      const rows = new Map(this.#all.map((row) => [row.merged, row]))
      this.#inOrder = merged.flatMap((one) => rows.get(one) ?? [])
    }
    return this.#all
  }

  /** What belongs to the rows may have changed, though the series have not. */
  forget(): void {
    this.#all = this.#inOrder = []
    this.#last = null
  }

  /** @returns false where the series are not those of the rows */
  #renew(merged: readonly Merged[]): boolean {
    const rows = this.#inOrder
    if (rows.length !== merged.length || this.#all.length !== rows.length) return false
    if (!rows.every((row, i) => row.merged.series === merged[i]?.series)) return false
    rows.forEach((row, i) => {
      row.merged = merged[i] as Merged
    })
    return true
  }
}
