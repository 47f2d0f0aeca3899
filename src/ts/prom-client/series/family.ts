import type { Cell, CellOptions, CellOwner } from '../../metrics/cell'
import { LabelTree } from '../../metrics/label-tree'
import { Merged, SCOPE_LABEL } from '../../metrics/merged'
import type { Series } from '../../metrics/survey'
import { type Place, placeApart, placeOf } from './current-region'
import { checkPlace, emptyAll } from './emptying'
import { Holds } from './holds'
import { MetricHome } from './home'
import { checkLabels, countOf, type Labels, labelsOf, ownLabels } from './labels'
import { Limit } from './limit'
import { Looks } from './look'
import { alike, type Row, Rows, together } from './rows'

/** What a metric has in common with what others may have counted under its name. */
export type Fits = (merged: Merged) => boolean

const NONE: readonly Merged[] = []

/** A metric's name, and its sets of labels: those that this thread has, and those of all others. */
export class Family<C extends Cell> implements CellOwner {
  readonly name: string
  readonly labelNames: readonly string[]
  /** Of its cells. */
  readonly holds = new Holds(this)
  readonly #help: string
  readonly #make: (family: Family<C>, labels: Labels) => C
  readonly #fits: Fits
  /** Counting a set's labels tells whether it has others: see {@link given}. */
  readonly #isCountable: boolean
  readonly #cells: LabelTree<C>
  /** In the order in which they were opened. */
  readonly #open = new Set<C>()
  /** Labels of what others have opened. */
  readonly #others = new WeakMap<Series, Labels>()
  readonly #rows = new Rows()
  /** Those of the last look, and which of them are of this kind. */
  #last: { from: readonly (readonly Merged[])[]; fitting: readonly Merged[] } = { from: [], fitting: NONE }
  #home: MetricHome
  readonly #limit: Limit
  /** Where sets beyond the limit are counted together. */
  #overflow: C | null = null

  /** @param make a cell, not open yet */
  constructor(
    metric: {
      name: string
      help: string
      labelNames: readonly string[]
      registers: readonly object[]
      maxSeries?: number
    },
    make: (family: Family<C>, labels: Labels) => C,
    fits: Fits,
  ) {
    this.name = metric.name
    // The caller has the list.
    this.labelNames = metric.labelNames.map(String)
    this.#help = metric.help
    this.#make = make
    this.#fits = fits
    const { labelNames } = this
    this.#isCountable =
      new Set(labelNames).size === labelNames.length && !labelNames.some((name) => name in {})
    this.#limit = new Limit(this.name, labelNames, metric.maxSeries)
    this.#cells = new LabelTree(labelNames)
    this.#home = new MetricHome(placeOf(metric.name, metric.registers), metric.help)
  }

  /**
   * Opens a cell, and closes it again: nothing that is counted later is to find out that names, texts or bounds are too
   * long.
   *
   * @throws {RangeError | RseqError}
   */
  tryOut(): void {
    const cell = this.#make(this, {})
    const { region, scope } = placeApart()
    cell.open({ region, labels: { [SCOPE_LABEL]: scope }, help: this.#help })
    cell.close()
  }

  /**
   * @param labels that were checked, or are no others than the metric's
   */
  cell(labels: Labels): C {
    let cell = this.#cells.find(labels)
    if (cell === undefined) {
      const own = ownLabels(labels)
      cell = this.#cells.find(own) ?? this.#make(this, own)
      // Beyond the limit, nobody remembers who there was.
      if (this.#hasRoom) this.#cells.set(own, cell)
    }
    return cell
  }

  /**
   * The cell that `inc(labels)` is told.
   *
   * @throws {Error} for a label that the metric does not have
   */
  given(labels: Labels): C {
    let others = -countOf(this.labelNames, labels)
    for (const _ in labels) others++
    if (others !== 0 || !this.#isCountable) checkLabels(this.labelNames, labels)
    return this.cell(labels)
  }

  /**
   * The cell that `labels(…)` or `remove(…)` is told: an object, or a value for each label.
   *
   * @throws {Error} for a label that the metric does not have, or another number of values
   */
  told(args: readonly unknown[]): C {
    const isList = typeof args[0] !== 'object' && args.length === this.labelNames.length
    const known = isList ? this.#cells.findBy(args) : undefined
    return known ?? this.given(labelsOf(this.labelNames, args))
  }

  /**
   * Opens a cell that is about to be used.
   *
   * @returns the cell, or, where it was removed, the one that has taken its place; where there is no room, the one of all
   * for which there is none
   */
  opened(cell: C): C {
    const current = this.#cells.find(cell.labels) ?? cell
    if (current.isOpen) return current
    if (this.#hasRoom) {
      this.#openNow(current)
      this.#limit.add(current.labels)
    } else {
      const held = this.#home.there(current)
      // Of a gauge, other processes have entries of their own.
      if (held === null && !this.#limit.has(current.labels)) return this.#overflowing()
      this.#openNow(current)
      held?.release()
    }
    this.#cells.set(cell.labels, current)
    return current
  }

  get #hasRoom(): boolean {
    return this.#limit.hasRoom(this.#open.size - (this.#overflow === null ? 0 : 1))
  }

  #openNow(cell: C): void {
    this.placed(cell, (options) => cell.open(options))
    this.#open.add(cell)
    this.#rows.forget()
  }

  #overflowing(): C {
    this.#limit.warn()
    if (this.#overflow === null) {
      const cell = this.#make(this, this.#limit.labels)
      this.#openNow(cell)
      this.#overflow = cell
    }
    return this.#overflow
  }

  /** Ends this thread's hold of a cell. */
  remove(cell: C): void {
    if (this.#open.delete(cell)) this.#limit.remove()
    cell.close()
    this.#cells.delete(cell.labels)
    this.#rows.forget()
  }

  /**
   * Everything back to 0, what others have opened too, and no hold of anything.
   *
   * @throws {RseqError} where the region is closed or lost; then nothing was changed
   */
  reset(): void {
    const looks = new Looks()
    const places = this.#home.places(looks.hasSpilled)
    for (const place of places) checkPlace(place)
    for (const cell of this.#open) cell.reset()
    // What nobody else has open is gone with it: the look has the rest.
    this.#close()
    for (const place of places) emptyAll(place, this.name, this.#fits, looks)
  }

  /** Ends all holds. What is counted from now on, nobody else sees. */
  setApart(): void {
    this.#close()
    this.#home.forget()
    this.#home = new MetricHome(placeApart(), this.#help)
  }

  /** This thread's sets of labels in the order in which they came, and then those of others. */
  rows(looks: Looks): readonly Row[] {
    const merged = this.#merged(looks)
    return this.#rows.of(merged, () => this.#rowsOf(merged))
  }

  #rowsOf(all: readonly Merged[]): Row[] {
    const own = new Map<C, Merged>()
    let others: Row[] = []
    for (const one of all) {
      const cell = this.#cells.find(one.labels)
      const isOwn = cell?.isOpen && Object.keys(one.labels).length === countOf(this.labelNames, cell.labels)
      const known = isOwn ? own.get(cell) : undefined
      if (known !== undefined) own.set(cell as C, Merged.of([known, one]))
      else if (isOwn) own.set(cell, one)
      else others.push({ labels: this.#inOrder(one), merged: one })
    }
    if (this.#last.from.length > 1) others = together(others)
    const rows: Row[] = []
    for (const cell of this.#open) {
      const merged = own.get(cell)
      if (merged !== undefined) rows.push({ labels: cell.labels, merged })
    }
    // Not as arguments: there can be more than a call takes.
    return rows.concat(others)
  }

  /** Opens something of a cell: in the process's own memory, where it cannot be in the region. */
  placed<T>(cell: C, open: (options: CellOptions) => T): T {
    return this.#home.placed(cell, open)
  }

  #close(): void {
    for (const cell of this.#open) cell.close()
    this.#open.clear()
    this.#overflow = null
    this.#limit.clear()
    this.#cells.clear()
    this.#rows.forget()
  }

  #merged(looks: Looks): readonly Merged[] {
    const at = ({ region, scope }: Place): readonly Merged[] =>
      looks.at(region).scope(scope).get(this.name) ?? NONE
    const { from } = this.#last
    const { heap } = this.#home
    const lists = [...this.#home.places(looks.hasSpilled).map(at), ...(heap.sets === null ? [] : [heap.sets])]
    // Those of the last look, and so the same series in them.
    if (lists.length !== from.length || lists.some((list, i) => list !== from[i])) {
      const fitting = NONE.concat(...lists).filter(this.#fits)
      this.#last = { from: lists, fitting: lists.length === 1 ? fitting : alike(fitting) }
    }
    this.#limit.see(this.#last.fitting)
    return this.#last.fitting
  }

  /** The region keeps labels in the order of their names. */
  #inOrder({ series, labels }: Merged): Labels {
    const known = this.#others.get(series)
    if (known !== undefined) return known
    const names = [...this.labelNames, ...Object.keys(labels)].filter((name) => Object.hasOwn(labels, name))
    const out: Labels = Object.fromEntries(names.map((name) => [name, labels[name] as string]))
    this.#others.set(series, out)
    return out
  }
}
