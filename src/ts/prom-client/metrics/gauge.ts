import { util } from '../../base/builtins'
import { Cell, gaugeKind } from '../../metrics/cell'
import type { Gauge as ProcessGauge } from '../../metrics/gauge'
import { AGGREGATORS, type Aggregator } from '../../metrics/merged'
import { prom } from '../peer'
import { removeDeadOnce } from '../series/current-region'
import type { Family } from '../series/family'
import { isObject } from '../series/labels'
import { type Metric, share } from './metric'
import { sharing } from './sharing'

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

class GaugeChild extends Cell<ProcessGauge, Family<GaugeChild>> {
  // Of its own, so that they work without the object, as prom-client's do.
  readonly inc = (value?: number): void => this.add(value === undefined ? 1 : numberOf(value, 'Delta'))
  readonly dec = (value?: number): void => this.add(-(value === undefined ? 1 : numberOf(value, 'Delta')))
  readonly set = (value: number): void => this.put(numberOf(value, 'Value'))
  readonly setToCurrentTime = (): void => this.put(Date.now() / 1000)
  readonly startTimer = () =>
    timer((seconds, more) => this.owner.given({ ...this.labels, ...more }).put(seconds))

  put(value: number): void {
    if (this.part === null) this.owner.opened(this).put(value)
    else this.part.set(value)
  }

  add(value: number): void {
    if (this.part === null) this.owner.opened(this).add(value)
    else this.part.add(value)
  }
}

function familyOf(metric: Metric & { set?: unknown; inc?: unknown; dec?: unknown }) {
  const gauge = gaugeKind(Math.max(0, AGGREGATORS.indexOf(metric.aggregator as Aggregator)))
  const kind: typeof gauge = {
    ...gauge,
    open(name, options) {
      removeDeadOnce(options.region)
      return gauge.open(name, options)
    },
  }
  const family = share<GaugeChild>(metric, [], (all, labels) => new GaugeChild(all, labels, kind))
  if (family === null) return null
  const of = (labels: unknown): GaugeChild => (isObject(labels) ? family.given(labels) : family.cell({}))
  const amount = (labels: unknown, value: unknown): unknown => (isObject(labels) ? value : labels)
  const delta = (labels: unknown, value: unknown): number => {
    const x = amount(labels, value)
    return x === undefined ? 1 : numberOf(x, 'Delta')
  }
  metric.set = (labels: unknown, value?: unknown) => {
    const x = numberOf(amount(labels, value), 'Value')
    of(labels).put(x)
  }
  metric.inc = (labels?: unknown, value?: unknown) => {
    const x = delta(labels, value)
    of(labels).add(x)
  }
  metric.dec = (labels?: unknown, value?: unknown) => {
    const x = delta(labels, value)
    of(labels).add(-x)
  }
  return family
}

/** See index.ts. */
export class Gauge<T extends string = string> extends sharing(prom.Gauge, 'gauge', familyOf)<T> {}
