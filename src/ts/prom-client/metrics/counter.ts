import { util } from '../../base/builtins'
import { ExactSum } from '../../metrics/cell'
import { prom } from '../peer'
import type { Family } from '../series/family'
import { isObject } from '../series/labels'
import { type Metric, share } from './metric'
import { sharing } from './sharing'

/** @throws as prom-client does */
function amountOf(value: unknown): number {
  if (value === undefined || value === null) return 1
  // NaN too, which prom-client takes: it would be the whole service's value from then on.
  if ((value || Number.isNaN(value)) && !Number.isFinite(value))
    throw new TypeError(`Value is not a valid number: ${util.format(value)}`)
  if ((value as number) < 0) throw new Error('It is not possible to decrease a counter')
  return Number(value)
}

class CounterChild extends ExactSum<Family<CounterChild>> {
  /** Of its own, so that it works without the object, as prom-client's does. */
  readonly inc = (value?: number): void => {
    const integers = this.part
    if (value === undefined && integers !== null) integers.inc()
    else this.add(amountOf(value))
  }

  /** @param amount of {@link amountOf} */
  add(amount: number): void {
    const integers = this.part
    if (integers === null) this.owner.opened(this).add(amount)
    else if (Number.isSafeInteger(amount)) integers.add(amount)
    else this.addFraction(amount)
  }
}

function familyOf(metric: Metric & { inc?: unknown }): Family<CounterChild> | null {
  const family = share<CounterChild>(metric, [], (all, labels) => new CounterChild(all, labels))
  if (family === null) return null
  // prom-client's constructor has given the object an inc of its own.
  metric.inc = (labels?: unknown, value?: unknown) => {
    if (isObject(labels)) family.given(labels).add(amountOf(value))
    else family.cell({}).add(amountOf(labels))
  }
  return family
}

/** See index.ts. */
export class Counter<T extends string = string> extends sharing(prom.Counter, 'counter', familyOf)<T> {}
