import type { Cell } from '../../metrics/cell'
import type { Family } from '../series/family'
import { Looks } from '../series/look'
import { checkConfiguration, jsonOf, type Metric, sharedOf, showUnlabelled } from './metric'

/** What prom-client's classes of metrics have in common, as far as it is other than theirs here. */
interface Base {
  labels(...args: unknown[]): unknown
  reset(): void
  remove(...args: unknown[]): void
  get(): Promise<unknown>
}

/**
 * prom-client's class, whose metrics count in a region.
 *
 * @param share lets one that prom-client has made count there; null: it is left to prom-client
 */
export function sharing<B extends new (configuration: never) => object, C extends Cell>(
  base: B,
  type: Metric['type'],
  share: (metric: Metric) => Family<C> | null,
): B {
  const Prom = base as unknown as new (configuration: unknown) => Base
  class Sharing extends Prom {
    readonly #family: Family<C> | null

    constructor(configuration: unknown) {
      super(checkConfiguration(configuration, type))
      this.#family = share(this as unknown as Metric)
    }

    /** The same child for the same labels: keep it where it is hot. */
    override labels(...args: unknown[]): unknown {
      if (this.#family === null) return super.labels(...args)
      return this.#family.told(args)
    }

    /** Back to 0, for the whole service; sets of labels that no other process has are gone. A gauge's are this process's. */
    override reset(): void {
      // prom-client's constructor calls it.
      if (!(#family in this) || this.#family === null) super.reset()
      else {
        this.#family.reset()
        if (type !== 'histogram') showUnlabelled(this as unknown as Metric, this.#family)
      }
    }

    /** Gives up this process's hold of those labels; once nobody holds them, they start from 0. */
    override remove(...args: unknown[]): void {
      if (this.#family === null) super.remove(...args)
      else this.#family.remove(this.#family.told(args))
    }

    /** Over all threads and processes. */
    override async get(): Promise<unknown> {
      const shared = sharedOf(this)
      if (shared === undefined) return super.get()
      const metric = this as unknown as Metric
      await metric.collect?.()
      return jsonOf(metric, shared, new Looks())
    }
  }
  return Sharing as unknown as B
}
