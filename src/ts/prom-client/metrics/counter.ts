import type { CounterConfiguration, Counter as PromCounter } from 'prom-client'
import { util } from '../../base/builtins'
import { PerCpuCounter } from '../../counter/counter'
import { PerCpuSum } from '../../counter/sum'
import { PART_LABEL } from '../../metrics/families'
import { moved, pourFractions, pourIntegers } from '../../metrics/pouring'
import { openThere } from '../../region/entries'
import { prom } from '../peer'
import type { Cell, CellOptions, Held } from '../series/cell'
import type { Family } from '../series/family'
import { isObject, type Labels } from '../series/labels'
import { checkConfiguration, collected, type Metric, share, sharedOf, showUnlabelled } from './metric'

/** @throws as prom-client does */
function amountOf(value: unknown): number {
  if (value === undefined || value === null) return 1
  // NaN too, which prom-client takes: it would be the whole service's value from then on.
  if ((value || Number.isNaN(value)) && !Number.isFinite(value))
    throw new TypeError(`Value is not a valid number: ${util.format(value)}`)
  if ((value as number) < 0) throw new Error('It is not possible to decrease a counter')
  return Number(value)
}

/** Integers are counted exactly, fractions beside them in a double. */
class CounterCell implements Cell {
  readonly #family: Family<CounterCell>
  readonly labels: Labels
  #integers: PerCpuCounter | null = null
  #fractions: PerCpuSum | null = null
  /** Of its own, so that it works without the object, as prom-client's does. */
  readonly inc: (value?: number) => void

  constructor(family: Family<CounterCell>, labels: Labels) {
    this.#family = family
    this.labels = labels
    this.inc = (value) => {
      const integers = this.#integers
      if (value === undefined && integers !== null) integers.inc()
      else this.add(amountOf(value))
    }
  }

  get isOpen(): boolean {
    return this.#integers !== null
  }

  open(options: CellOptions): void {
    this.#integers = this.#opened(options)
  }

  /** @param amount of {@link amountOf} */
  add(amount: number): void {
    const integers = this.#integers
    if (integers === null) this.#family.opened(this).add(amount)
    else if (Number.isSafeInteger(amount)) integers.add(amount)
    else this.#openFractions().add(amount)
  }

  move(options: CellOptions): void {
    const close = (from: PerCpuCounter | PerCpuSum): void => this.#family.holds.end(from)
    this.#integers = moved(this.#integers, () => this.#opened(options), pourIntegers, close)
    this.#fractions = moved(this.#fractions, () => this.#openedFractions(options), pourFractions, close)
  }

  there(options: CellOptions): Held | null {
    return openThere('counter', this.#family.name, options)
  }

  close(): void {
    this.#family.holds.end(this.#integers)
    this.#family.holds.end(this.#fractions)
    this.#integers = this.#fractions = null
  }

  reset(): void {
    this.#integers?.reset()
    this.#fractions?.reset()
  }

  #openFractions(): PerCpuSum {
    this.#fractions ??= this.#family.placed(this, (options) => this.#openedFractions(options))
    return this.#fractions
  }

  #opened(options: CellOptions): PerCpuCounter {
    const { heap, labels } = options
    return this.#family.holds.add(heap?.integers(labels) ?? PerCpuCounter.named(this.#family.name, options))
  }

  #openedFractions(options: CellOptions): PerCpuSum {
    const labels = { ...options.labels, [PART_LABEL]: 'fraction' }
    const { heap } = options
    const made = heap?.fractions(labels) ?? PerCpuSum.named(this.#family.name, { ...options, labels })
    return this.#family.holds.add(made)
  }
}

/**
 * prom-client's `Counter`, counting for the whole service: what is shown is the sum over all threads and processes.
 * Integers are exact; fractions are doubles. With `enableExemplars`, or an aggregator other than `sum`, it is
 * prom-client's own, and of each process alone.
 */
export class Counter<T extends string = string> extends prom.Counter<T> {
  readonly #family: Family<CounterCell> | null

  constructor(configuration: CounterConfiguration<T>) {
    super(checkConfiguration(configuration, 'counter'))
    const metric = this as unknown as Metric
    const family = share<CounterCell>(metric, [], (all, labels) => new CounterCell(all, labels))
    this.#family = family
    if (family === null) return
    // prom-client's constructor has given the object an inc of its own.
    this.inc = (labels?: unknown, value?: unknown) => {
      if (isObject(labels)) family.given(labels).add(amountOf(value))
      else family.cell({}).add(amountOf(labels))
    }
  }

  /** The same child for the same labels: keep it where it is hot. */
  override labels(...args: unknown[]): PromCounter.Internal {
    if (this.#family === null) return super.labels(...(args as string[]))
    return this.#family.told(args)
  }

  /** Back to 0, for the whole service; sets of labels that no other process has are gone. */
  override reset(): void {
    // prom-client's constructor calls it.
    if (!(#family in this) || this.#family === null) super.reset()
    else {
      this.#family.reset()
      showUnlabelled(this as unknown as Metric, this.#family)
    }
  }

  /** Gives up this process's hold of those labels; once nobody holds them, they start from 0. */
  override remove(...args: unknown[]): void {
    if (this.#family === null) super.remove(...(args as string[]))
    else this.#family.remove(this.#family.told(args))
  }

  /** Over all threads and processes. */
  override get(): ReturnType<PromCounter<T>['get']> {
    const shared = sharedOf(this)
    return shared === undefined ? super.get() : collected(this, shared)
  }
}
