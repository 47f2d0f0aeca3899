import type { GaugeConfiguration, Gauge as PromGauge } from 'prom-client'
import { util } from '../../base/builtins'
import { AGGREGATORS, type Aggregator } from '../../metrics/families'
import { Gauge as ProcessGauge } from '../../metrics/gauge'
import { moved, pourValue } from '../../metrics/pouring'
import { prom } from '../peer'
import type { Cell, CellOptions, Held } from '../series/cell'
import { removeDeadOnce } from '../series/dead'
import type { Family } from '../series/family'
import { isObject, type Labels } from '../series/labels'
import { checkConfiguration, collected, type Metric, share, sharedOf, showUnlabelled } from './metric'

/** @throws as prom-client does */
function numberOf(value: unknown, what: 'Value' | 'Delta'): number {
  if (typeof value === 'number') return value
  throw new TypeError(`${what} is not a valid number: ${util.format(value)}`)
}

/** Seconds, from a call to the next. */
function timer(end: (seconds: number, labels: object | undefined) => void): (labels?: object) => number {
  const start = process.hrtime.bigint()
  return (labels) => {
    const seconds = Number(process.hrtime.bigint() - start) / 1e9
    end(seconds, labels)
    return seconds
  }
}

class GaugeCell implements Cell {
  readonly #family: Family<GaugeCell>
  readonly #code: number
  readonly labels: Labels
  #gauge: ProcessGauge | null = null
  // Of its own, so that they work without the object, as prom-client's do.
  readonly inc = (value?: number): void => this.add(value === undefined ? 1 : numberOf(value, 'Delta'))
  readonly dec = (value?: number): void => this.add(-(value === undefined ? 1 : numberOf(value, 'Delta')))
  readonly set = (value: number): void => this.put(numberOf(value, 'Value'))
  readonly setToCurrentTime = (): void => this.put(Date.now() / 1000)
  readonly startTimer: () => (labels?: object) => number

  constructor(family: Family<GaugeCell>, code: number, labels: Labels) {
    this.#family = family
    this.#code = code
    this.labels = labels
    this.startTimer = () => timer((seconds, more) => family.given({ ...labels, ...more }).put(seconds))
  }

  get isOpen(): boolean {
    return this.#gauge !== null
  }

  open(options: CellOptions): void {
    this.#gauge = this.#opened(options)
  }

  move(options: CellOptions): void {
    const close = (from: ProcessGauge): void => this.#family.holds.end(from)
    this.#gauge = moved(this.#gauge, () => this.#opened(options), pourValue, close)
  }

  there(options: CellOptions): Held | null {
    return ProcessGauge.there(this.#family.name, options)
  }

  put(value: number): void {
    if (this.#gauge === null) this.#family.opened(this).put(value)
    else this.#gauge.set(value)
  }

  add(value: number): void {
    if (this.#gauge === null) this.#family.opened(this).add(value)
    else this.#gauge.add(value)
  }

  close(): void {
    this.#family.holds.end(this.#gauge)
    this.#gauge = null
  }

  /** Only this process's: others say their own. */
  reset(): void {
    this.#gauge?.set(0)
  }

  #opened(options: CellOptions): ProcessGauge {
    const { heap, labels, region } = options
    removeDeadOnce(region)
    const code = this.#code
    const made = heap?.gauge(labels, code) ?? ProcessGauge.named(this.#family.name, options, code)
    return this.#family.holds.add(made)
  }
}

/**
 * prom-client's `Gauge`. Each process has a value of its own, which all its threads set; what is shown is what
 * `aggregator` makes of those of all living processes.
 */
export class Gauge<T extends string = string> extends prom.Gauge<T> {
  readonly #family: Family<GaugeCell> | null

  constructor(configuration: GaugeConfiguration<T>) {
    super(checkConfiguration(configuration, 'gauge'))
    const metric = this as unknown as Metric
    const code = Math.max(0, AGGREGATORS.indexOf(metric.aggregator as Aggregator))
    const family = share<GaugeCell>(metric, [], (all, labels) => new GaugeCell(all, code, labels))
    this.#family = family
    if (family === null) return
    const of = (labels: unknown): GaugeCell => (isObject(labels) ? family.given(labels) : family.cell({}))
    const amount = (labels: unknown, value: unknown): unknown => (isObject(labels) ? value : labels)
    this.set = (labels: unknown, value?: unknown) => {
      const x = numberOf(amount(labels, value), 'Value')
      of(labels).put(x)
    }
    this.inc = (labels?: unknown, value?: unknown) => {
      const x = amount(labels, value)
      const delta = x === undefined ? 1 : numberOf(x, 'Delta')
      of(labels).add(delta)
    }
    this.dec = (labels?: unknown, value?: unknown) => {
      const x = amount(labels, value)
      const delta = x === undefined ? 1 : numberOf(x, 'Delta')
      of(labels).add(-delta)
    }
  }

  /** The same child for the same labels: keep it where it is hot. */
  override labels(...args: unknown[]): PromGauge.Internal<T> {
    if (this.#family === null) return super.labels(...(args as string[]))
    return this.#family.told(args)
  }

  /** This process's values back to 0; sets of labels that it alone has are gone. */
  override reset(): void {
    // prom-client's constructor calls it.
    if (!(#family in this) || this.#family === null) super.reset()
    else {
      this.#family.reset()
      showUnlabelled(this as unknown as Metric, this.#family)
    }
  }

  /** Removes this process's value of those labels. */
  override remove(...args: unknown[]): void {
    if (this.#family === null) super.remove(...(args as string[]))
    else this.#family.remove(this.#family.told(args))
  }

  /** What the aggregator makes of the values of all living processes. */
  override get(): ReturnType<PromGauge<T>['get']> {
    const shared = sharedOf(this)
    return shared === undefined ? super.get() : collected(this, shared)
  }
}
