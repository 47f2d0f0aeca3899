import type { Attributes, Context } from '@opentelemetry/api'
import type { IAttributesProcessor } from '@opentelemetry/sdk-metrics'
import { labelsOf } from '../model/attributes'
import { api, sdk } from '../model/peer'
import { NOWHERE, type Sink, sinkOf } from './cells'
import { StreamHome, type StreamPlan } from './home'

const OVERFLOW: Attributes = { 'otel.metric.overflow': true }

/** What comes out of these follows from the attributes alone, and can be kept. */
const LASTING = [sdk.createAllowListAttributesProcessor([]), sdk.createDenyListAttributesProcessor([])].map(
  (one) => one.constructor,
)

/** The sinks of one stream that this thread writes to. */
export class Storage {
  readonly #home: StreamHome
  readonly #limit: number
  readonly #sinks = new Map<string, Sink>()
  #overflow: Sink | null = null
  /** The same attributes always have the same cell. */
  readonly isLasting: boolean

  /** @param limit of sets of attributes, one of which is that of all others */
  constructor(
    readonly plan: StreamPlan,
    private readonly processors: readonly IAttributesProcessor[],
    limit: number,
  ) {
    this.#home = new StreamHome(plan)
    this.#limit = limit - 1
    this.isLasting = processors.every((one) => LASTING.includes(one.constructor))
  }

  /** Never throws. */
  sinkFor(attributes: Attributes, context: Context | undefined): Sink {
    try {
      let processed = attributes
      for (const one of this.processors) processed = one.process(processed, context)
      const labels = labelsOf(processed)
      const key = JSON.stringify(labels)
      const known = this.#sinks.get(key)
      if (known !== undefined) return known
      if (this.#sinks.size >= this.#limit) return this.#others()
      const sink = sinkOf(this.#home, labels)
      this.#sinks.set(key, sink)
      return sink
    } catch (error) {
      api.diag.error(`${this.plan.stream.name}: attributes that cannot be kept`, error)
      return NOWHERE
    }
  }

  /** Whether that is the sink of all for whom there was no room. It is not worth remembering who they were. */
  isOverflow(sink: Sink): boolean {
    return sink === this.#overflow
  }

  #others(): Sink {
    this.#overflow ??= sinkOf(this.#home, labelsOf(OVERFLOW))
    return this.#overflow
  }
}
