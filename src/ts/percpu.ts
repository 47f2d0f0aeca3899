import { inspect } from 'node:util'
import type { Kind, StripeIndex } from './cells'
import { handleOf, type Opening, type PerCpuHandle, textsOf, usable } from './entries'
import type { Region } from './region'

/**
 * @internal What an object has open, or null for anything but an object of this package. It never leaves the package.
 */
export let openingIn: (object: unknown) => Opening | null

/** What every per-CPU object has beside its operations. */
export abstract class PerCpu<K extends Kind> {
  readonly #kind: K
  readonly #opening: Opening

  static {
    openingIn = (object) =>
      typeof object === 'object' && object !== null && #opening in object ? object.#opening : null
  }

  /** @internal */
  protected constructor(kind: K, opening: Opening) {
    this.#kind = kind
    this.#opening = opening
  }

  /** The name, or null. */
  get name(): string | null {
    return this.#opening.name
  }

  /** The labels that belong to the name; empty where it has none. */
  get labels(): Readonly<Record<string, string>> {
    return textsOf(usable(this.#opening)).labels
  }

  /** What it counts, as its maker said; empty where it did not. */
  get help(): string {
    return textsOf(usable(this.#opening)).help
  }

  /** In what it counts, as its maker said; empty where it did not. */
  get unit(): string {
    return textsOf(usable(this.#opening)).unit
  }

  /** The region that its memory is in. */
  get region(): Region {
    return this.#opening.region
  }

  /** What chooses a thread's cell. */
  get index(): StripeIndex {
    return this.#opening.index
  }

  /** It was closed: every operation throws `ERR_RSEQ_CLOSED`. */
  get closed(): boolean {
    return this.#opening.closed
  }

  /**
   * For `postMessage`: `from(handle)` in another thread of this process, or in a process that is attached to the same
   * region, is this object, while anybody has it open.
   *
   * @throws {RseqError} `ERR_RSEQ_CLOSED`
   */
  get handle(): PerCpuHandle<K> {
    return handleOf(this.#kind, usable(this.#opening))
  }

  /** Name, labels and value. */
  toJSON(): object {
    if (this.#opening.closed) return { name: this.name, closed: true }
    const { labels } = this
    return { name: this.name, ...(Object.keys(labels).length > 0 && { labels }), ...this.shown() }
  }

  /** @internal */
  [inspect.custom](_depth: number, options: object): string {
    return `${this.constructor.name} ${inspect(this.toJSON(), options)}`
  }

  /** @internal What JSON and util.inspect show of its contents. */
  protected abstract shown(): object
}
