import { checkObject, integerOf, show } from '../base/validate'
import {
  type NamedOptions,
  openHandle,
  openNamed,
  openNew,
  type PerCpuOptions,
  partOf,
  refuseOther,
} from '../region/entries'
import type { Opening } from '../region/opening'
import { NO_MEMORY, type PerCpuPoolHandle, PoolMemory } from './memory'

/** @internal For test/unit/backend/layout.test.ts, which holds them against the native numbers. */
export const MOST_SLOTS = 65536

/** How to make a pool. */
export interface PoolOptions extends Omit<PerCpuOptions, 'index'> {
  /** How many, 1 to 65,536. */
  readonly slots: number
  /** Bytes of memory for each slot, 0 (default) to 2³⁰: see {@link PerCpuPool.bytes}. */
  readonly slotBytes?: number
}

/** How to make, or find, a pool by its name. Its slots are numbers: memory comes with handles alone. */
export interface NamedPoolOptions extends Omit<NamedOptions, 'index'> {
  /** How many, 1 to 65,536. */
  readonly slots: number
}

/** @throws {TypeError | RangeError} where the options say no number of slots */
function slotsOf(options: PoolOptions | NamedPoolOptions): number {
  checkObject('PerCpuPool options', options)
  return integerOf('PerCpuPool options.slots', options.slots, 1, MOST_SLOTS)
}

/** Of an open entry. */
export function slotsIn(opening: Opening): number {
  return partOf(opening, 'its number of slots', ({ shape }) =>
    shape > 0 && shape <= MOST_SLOTS ? shape : null,
  )
}

/** Of what was opened. */
const memories = new WeakMap<Opening, PoolMemory>()

/** The memory of its slots. */
export function memoryIn(opening: Opening): PoolMemory {
  return memories.get(opening) ?? NO_MEMORY
}

/** A new, nameless pool. */
export function openPool(options: PoolOptions): Opening {
  const slots = slotsOf(options)
  const memory = PoolMemory.of(slots, options.slotBytes)
  const opening = openNew('pool', options, { shape: slots })
  memories.set(opening, memory)
  return opening
}

/** The pool of a handle, with its memory. */
export function openPoolHandle(handle: PerCpuPoolHandle): Opening {
  const opening = openHandle('pool', handle)
  try {
    memories.set(opening, PoolMemory.from(handle, slotsIn(opening)))
  } catch (error) {
    opening.release()
    throw error
  }
  return opening
}

/** The one of that name and those labels, new or not. @throws {RseqError} `ERR_RSEQ_KIND` where it has other slots */
export function openNamedPool(name: string, options: NamedPoolOptions): Opening {
  const slots = slotsOf(options)
  refuseMemory((options as PoolOptions).slotBytes)
  const opening = openNamed('pool', name, options, { shape: slots })
  if (slotsIn(opening) === slots) return opening
  refuseOther(opening, 'it exists with another number of slots')
}

/** What is found by its name alone comes without memory. */
function refuseMemory(slotBytes: unknown): void {
  if (slotBytes === undefined || slotBytes === 0) return
  throw new TypeError(
    `PerCpuPool.named options.slotBytes: expected none, received ${show(slotBytes)}; memory comes with the handle of a pool that new PerCpuPool() made`,
  )
}
