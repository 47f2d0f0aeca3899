import { backend } from '../backend/backend'
import { typeError } from '../base/validate'
import type { Kind, StripeIndex } from '../contract/backend'
import type { Region } from './region'

export const CLASS_NAMES: Record<Kind, string> = {
  counter: 'PerCpuCounter',
  sum: 'PerCpuSum',
  histogram: 'PerCpuHistogram',
  gauge: 'Gauge',
  pool: 'PerCpuPool',
  ring: 'PerCpuRing',
}

/** In place of a hot id: adding throws. */
export const REFUSED = -1

/** An entry that this thread has open, for one object. None ever leaves this package: no caller could shape its numbers. */
export class Opening {
  #closed = false

  constructor(
    readonly kind: Kind,
    readonly region: Region,
    /** The region's number. */
    readonly number: number,
    readonly entry: number,
    /** What hot operations take, or REFUSED. */
    readonly id: number,
    readonly index: StripeIndex,
    readonly name: string | null,
    /** The region was opened for this object alone. */
    readonly ownsRegion: boolean,
  ) {
    Object.freeze(this)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Undoes it. Idempotent. */
  release(): void {
    if (this.#closed) return
    this.#closed = true
    backend.release(this.number, this.entry)
    if (this.ownsRegion) this.region.close()
  }
}

/** What a factory is called on: the class of its objects, or nothing where it was taken off its class. */
// biome-ignore lint/suspicious/noConfusingVoidType: what `this` is of a function that is called by itself
export type ClassOf<T, Options> = (new (options: Options) => T) | void

/** What a factory has opened, until the constructor of the class that it was called on takes it. */
let handover: { readonly opening: Opening; readonly Class: unknown } | null = null

/**
 * What a factory has opened, as an object of the class that it was called on. A caller's own class gets the options in its
 * constructor, never the opening: whatever it does, only the constructor of this package takes that, once.
 *
 * @throws {TypeError} where no such object comes of it; the opening is undone
 */
export function objectOf<T extends object>(
  opening: Opening,
  Class: new (options: never) => T,
  options?: unknown,
): T {
  const outer = handover
  const mine = { opening, Class }
  handover = mine
  try {
    // Not for a class that does as if it were a constructor.
    if (typeof Class === 'function') {
      const made = new Class(options as never)
      if (handover !== mine) return made
    }
    throw typeError('this', `${CLASS_NAMES[opening.kind]} or a class that extends it`, Class)
  } finally {
    if (handover === mine) opening.release()
    handover = outer
  }
}

function handedOver(kind: Kind, Class: unknown): Opening | null {
  if (handover === null || handover.Class !== Class || handover.opening.kind !== kind) return null
  const { opening } = handover
  handover = null
  return opening
}

/** What copying an object comes to: `Symbol(…) could not be cloned.` */
const UNCLONEABLE = Object.fromEntries(
  Object.entries(CLASS_NAMES).map(([kind, name]) => [
    kind,
    Symbol(`${name}: send its .handle, which ${name}.from() opens`),
  ]),
) as Record<Kind, symbol>

/**
 * Which entry an object is of, as a property of its own: private fields are nothing to structured clone and to
 * deepStrictEqual, so that the one would make an empty object, and the other find all objects the same. A symbol cannot
 * be cloned on any Node; one for all of a kind, so that two objects of one entry are equal.
 */
export interface PerCpuCell {
  /** The region's number in this process. */
  readonly region: number
  /** Its place there … */
  readonly entry: number
  /** … and which owner of that place it is. */
  readonly generation: number
  /** What structured clone refuses, with its advice. */
  readonly uncloneable: symbol
}

/** @returns whether the object has its `cell` now: one that somebody has frozen takes none */
function identify(object: object, { kind, number: region, entry }: Opening): boolean {
  const generation = backend.generation(region, entry)
  const value: PerCpuCell = Object.freeze({ region, entry, generation, uncloneable: UNCLONEABLE[kind] })
  // Configurable: a subclass may have a field of that name.
  return Reflect.defineProperty(object, 'cell', { value, enumerable: true, configurable: true })
}

/**
 * For a constructor: what a factory has opened, or what `open` gives. The object has its `cell` then.
 *
 * @param Class its new.target
 */
export function openFor(object: object, kind: Kind, Class: unknown, open: () => Opening): Opening {
  const opening = handedOver(kind, Class) ?? open()
  if (identify(object, opening)) return opening
  opening.release()
  throw typeError('new', 'an object that is not frozen', object)
}
