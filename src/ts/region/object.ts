import { util } from '../base/builtins'
import { typeError } from '../base/validate'
import type { Kind, StripeIndex } from '../contract/backend'
import { handleOf, type PerCpuHandle, present, textsOf, usable } from './entries'
import { CLASS_NAMES, type Opening, openFor, type PerCpuCell } from './opening'
import type { Region } from './region'

const { inspect } = util

/** @internal What an object has open, or null for anything but an object of this package. */
export let openingIn: (object: unknown) => Opening | null

/** @internal The same, of that kind. @throws {TypeError} for anything but an object that its constructor made */
export function openedBy(object: unknown, kind: Kind, what: string): Opening {
  const opening = openingIn(object)
  if (opening?.kind !== kind) throw wrongThis(object, kind, what)
  return opening
}

function opened(object: unknown, what: string): Opening {
  const opening = openingIn(object)
  if (opening === null) throw typeError(`this of ${what}`, 'a PerCpuCounter or a PerCpuSum', object)
  return opening
}

/** @internal For a member that was called on something else. */
export function wrongThis(object: unknown, kind: Kind, what: string): TypeError {
  const name = CLASS_NAMES[kind]
  return typeError(`this of ${name}.${what}`, `a ${name}`, object)
}

/** @internal `openFor`. Not an argument of this class's constructor: a caller could have put another one in its place. */
export let openInto: (object: PerCpu<Kind>, kind: Kind, Class: unknown, open: () => Opening) => Opening

/** @internal What a member reads of an object's entry. @throws as {@link openedBy} and `present` */
export function readOf<T>(
  object: unknown,
  kind: Kind,
  what: string,
  read: (region: number, entry: number) => T | undefined,
): T {
  const opening = openedBy(object, kind, what)
  return present(read(opening.number, opening.entry), opening)
}

/** What every per-CPU object has beside its operations. */
export abstract class PerCpu<K extends Kind> {
  #opening: Opening | null = null
  /**
   * The same for all objects of one entry, and for no other: what deepStrictEqual and the like compare. It cannot be
   * cloned, so that `postMessage(object)` throws a `DataCloneError`, which says to send the {@link handle}.
   */
  declare readonly cell: PerCpuCell

  static {
    openingIn = (object) =>
      typeof object === 'object' && object !== null && #opening in object ? object.#opening : null
    openInto = (object, kind, Class, open) => {
      if (!(#opening in object) || object.#opening !== null) throw typeError('new', 'a new object', object)
      object.#opening = openFor(object, kind, Class, open)
      return object.#opening
    }
  }

  /** The name, or null. */
  get name(): string | null {
    return opened(this, 'name').name
  }

  /** The labels that belong to the name; empty where it has none. */
  get labels(): Readonly<Record<string, string>> {
    return textsOf(usable(opened(this, 'labels'))).labels
  }

  /** What it counts, as its maker said; empty where it did not. */
  get help(): string {
    return textsOf(usable(opened(this, 'help'))).help
  }

  /** In what it counts, as its maker said; empty where it did not. */
  get unit(): string {
    return textsOf(usable(opened(this, 'unit'))).unit
  }

  /** The region that its memory is in. */
  get region(): Region {
    return opened(this, 'region').region
  }

  /** What chooses a thread's cell. */
  get index(): StripeIndex {
    return opened(this, 'index').index
  }

  /** It was closed: every operation throws `ERR_RSEQ_CLOSED`. */
  get closed(): boolean {
    return opened(this, 'closed').closed
  }

  /**
   * For `postMessage`: `from(handle)` in another thread of this process, or in a process that is attached to the same
   * region, is this object, while anybody has it open.
   *
   * @throws {RseqError} `ERR_RSEQ_CLOSED`
   */
  get handle(): PerCpuHandle<K> {
    const opening = usable(opened(this, 'handle'))
    return handleOf(opening.kind as K, opening)
  }

  /** Name, labels and value. */
  toJSON(): object {
    if (opened(this, 'toJSON').closed) return { name: this.name, closed: true }
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
