import { sameShape } from '../../contract/buckets'
import { grouped, Merged } from '../../metrics/merged'
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

function asOne(rows: readonly [Row, ...Row[]]): Row {
  return { ...rows[0], merged: Merged.of(rows.map(({ merged }) => merged)) }
}

/** Another thread can have counted in the process what is in the region, too: of the same labels there is one row. */
export function together(rows: readonly Row[]): Row[] {
  return grouped(rows, ({ merged }) => JSON.stringify(Object.entries(merged.labels))).map(asOne)
}

/** Of one name, whatever is the same kind of thing and has the same labels as one. */
export function joined(all: readonly Merged[]): Merged[] {
  const keyOf = ({ kind, buckets, labels }: Merged): string =>
    JSON.stringify([kind, ...(buckets?.shape.extra ?? []), Object.entries(labels)])
  return grouped(all, keyOf).map((same) => Merged.of(same))
}

/** What is shown of a list of rows, where it has several that are the same on a page. */
interface Shown {
  readonly defaults: string
  readonly rows: readonly Row[]
  /** Of which each of the rows is made. */
  readonly of: readonly (readonly [Row, ...Row[]])[]
}

const shown = new WeakMap<readonly Row[], Shown>()

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
    const of = grouped(all, ({ labels }) => labelsKey({ ...more, ...labels }))
    // The list itself, where nothing is the same.
    known = { defaults: key, of, rows: of.length === all.length ? all : of.map(asOne) }
    shown.set(all, known)
  }
  const { rows, of } = known
  if (rows === all) return all
  rows.forEach((row, i) => {
    row.merged = Merged.of((of[i] as readonly Row[]).map(({ merged }) => merged))
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
