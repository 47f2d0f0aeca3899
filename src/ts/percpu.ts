import { util } from './builtins'
import type { Kind, StripeIndex } from './cells'
import { handleOf, type Opening, type PerCpuHandle, textsOf, usable } from './entries'
import { typeError } from './errors'
import type { Region } from './region'

const { inspect } = util

/**
 * @internal What an object has open, or null for anything but an object of this package. It never leaves the package.
 */
export let openingIn: (object: unknown) => Opening | null

/**
 * @internal Opens what a new object is to be of. Not an argument of the base class's constructor: that need not be what
 * it was, nor what it returns an object of this package.
 */
export let openInto: (object: PerCpu<Kind>, open: () => Opening) => Opening

/** What every per-CPU object has beside its operations. */
export abstract class PerCpu<K extends Kind> {
  readonly #kind: K
  #opening: Opening | null = null

  static {
    openingIn = (object) =>
      typeof object === 'object' && object !== null && #opening in object ? object.#opening : null
    openInto = (object, open) => {
      if (!(#opening in object) || object.#opening !== null) throw typeError('new', 'a new object', object)
      const opening = open()
      object.#opening = opening
      return opening
    }
  }

  /** @internal */
  protected constructor(kind: K) {
    this.#kind = kind
  }

  get #opened(): Opening {
    if (this.#opening === null) throw typeError('this', 'an object that was made by its constructor', this)
    return this.#opening
  }

  /** The name, or null. */
  get name(): string | null {
    return this.#opened.name
  }

  /** The labels that belong to the name; empty where it has none. */
  get labels(): Readonly<Record<string, string>> {
    return textsOf(usable(this.#opened)).labels
  }

  /** What it counts, as its maker said; empty where it did not. */
  get help(): string {
    return textsOf(usable(this.#opened)).help
  }

  /** In what it counts, as its maker said; empty where it did not. */
  get unit(): string {
    return textsOf(usable(this.#opened)).unit
  }

  /** The region that its memory is in. */
  get region(): Region {
    return this.#opened.region
  }

  /** What chooses a thread's cell. */
  get index(): StripeIndex {
    return this.#opened.index
  }

  /** It was closed: every operation throws `ERR_RSEQ_CLOSED`. */
  get closed(): boolean {
    return this.#opened.closed
  }

  /**
   * For `postMessage`: `from(handle)` in another thread of this process, or in a process that is attached to the same
   * region, is this object, while anybody has it open.
   *
   * @throws {RseqError} `ERR_RSEQ_CLOSED`
   */
  get handle(): PerCpuHandle<K> {
    return handleOf(this.#kind, usable(this.#opened))
  }

  /** Name, labels and value. */
  toJSON(): object {
    if (this.#opened.closed) return { name: this.name, closed: true }
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
