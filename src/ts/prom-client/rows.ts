import { Merged } from '../families'
import { sameShape } from '../histogram-shape'
import type { Labels } from './labels'

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
