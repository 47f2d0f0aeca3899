import type { Attributes, Context, Counter, Gauge, Histogram, UpDownCounter } from '@opentelemetry/api'
import { show } from '../../base/validate'
import { AnyLabelTree } from '../../metrics/label-tree'
import { api } from '../model/peer'
import type { InstrumentDescriptor } from '../model/views'
import type { Sink } from './cells'
import type { Storage } from './storage'

/** An instrument of several streams writes to a sink of each. */
function together(sinks: readonly Sink[]): Sink {
  const [first] = sinks
  if (first !== undefined && sinks.length === 1) return first
  return {
    write(x) {
      for (const sink of sinks) sink.write(x)
    },
  }
}

/**
 * What is measured is checked as the SDK checks it.
 *
 * @returns null for what is not to be recorded
 */
export function accepted({ name, valueType }: InstrumentDescriptor, value: unknown): number | null {
  if (typeof value !== 'number') {
    api.diag.warn(`${name}: expected a number, received ${show(value)}`)
    return null
  }
  if (valueType !== api.ValueType.INT || Number.isInteger(value)) return value
  api.diag.warn(`${name}: expected an integer, received ${value}; its fraction is left out`)
  const whole = Math.trunc(value)
  return Number.isInteger(whole) ? whole : null
}

/** What all instruments that a program writes to have. */
class Synchronous {
  readonly #descriptor: InstrumentDescriptor
  readonly #storages: readonly Storage[]
  readonly #known = new AnyLabelTree<Sink>()
  readonly #isLasting: boolean
  /** Of no attributes. Its entry is made by the first measurement. */
  #bare: Sink

  constructor(descriptor: InstrumentDescriptor, storages: readonly Storage[]) {
    this.#descriptor = descriptor
    this.#storages = storages
    this.#isLasting = storages.every((storage) => storage.isLasting)
    this.#bare = {
      write: (x) => {
        const sink = this.#found({}, undefined)
        if (this.#isLasting) this.#bare = sink
        sink.write(x)
      },
    }
  }

  protected measure(value: number, attributes: Attributes | undefined, context: Context | undefined): void {
    // For small integers, V8 compiles this check to none.
    const isSmall = typeof value === 'number' && (value | 0) === value
    const x = isSmall ? value : accepted(this.#descriptor, value)
    if (x === null) return
    try {
      if (attributes === undefined && (context === undefined || this.#isLasting)) this.#bare.write(x)
      else this.#sinkOf(attributes ?? {}, context).write(x)
    } catch (error) {
      // The region was closed, or is full: no reason for a program to fail where it measures.
      api.diag.error(`${this.#descriptor.name}: a measurement is lost`, error)
    }
  }

  /** @returns whether it is, after having said so */
  protected isNegative(value: number): boolean {
    if (typeof value !== 'number' || !(value < 0)) return false
    api.diag.warn(`${this.#descriptor.name}: expected a number, at least 0, received ${value}`)
    return true
  }

  #sinkOf(attributes: Attributes, context: Context | undefined): Sink {
    if (!this.#isLasting) return this.#found(attributes, context)
    const known = this.#known.find(attributes)
    if (known !== undefined) return known
    const sinks = this.#storages.map((storage) => storage.sinkFor(attributes, context))
    const sink = together(sinks)
    if (!sinks.some((one, i) => this.#storages[i]?.isOverflow(one))) this.#known.set(attributes, sink)
    return sink
  }

  #found(attributes: Attributes, context: Context | undefined): Sink {
    return together(this.#storages.map((storage) => storage.sinkFor(attributes, context)))
  }
}

export class CounterInstrument extends Synchronous implements Counter {
  add(value: number, attributes?: Attributes, context?: Context): void {
    if (!this.isNegative(value)) this.measure(value, attributes, context)
  }
}

export class UpDownCounterInstrument extends Synchronous implements UpDownCounter {
  add(value: number, attributes?: Attributes, context?: Context): void {
    this.measure(value, attributes, context)
  }
}

export class HistogramInstrument extends Synchronous implements Histogram {
  record(value: number, attributes?: Attributes, context?: Context): void {
    if (!this.isNegative(value)) this.measure(value, attributes, context)
  }
}

export class GaugeInstrument extends Synchronous implements Gauge {
  record(value: number, attributes?: Attributes, context?: Context): void {
    this.measure(value, attributes, context)
  }
}
