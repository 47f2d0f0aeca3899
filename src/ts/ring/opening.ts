import {
  entryShapeOf,
  type RingShape,
  type RingShapeOptions,
  ringShapeOf,
  wantedOf,
} from '../contract/ring-shape'
import {
  type NamedOptions,
  openNamed,
  openNew,
  type PerCpuOptions,
  partOf,
  refuseOther,
} from '../region/entries'
import type { Opening } from '../region/opening'

/** How to make a ring. */
export interface RingOptions extends Omit<PerCpuOptions, 'index'>, RingShapeOptions {}

/** How to make, or find, a ring by its name. */
export interface NamedRingOptions extends Omit<NamedOptions, 'index'>, RingShapeOptions {}

/** The shape of an open entry. */
export function shapeIn(opening: Opening): RingShape {
  return partOf(opening, 'its shape', ({ shape }) => ringShapeOf(shape))
}

/** A new, nameless ring. */
export function openRing(options: RingOptions | undefined): Opening {
  return openNew('ring', options, { shape: entryShapeOf(wantedOf(options)) })
}

/** The one of that name and those labels, new or not. @throws {RseqError} `ERR_RSEQ_KIND` where it has another shape */
export function openNamedRing(name: string, options: NamedRingOptions | undefined): Opening {
  const wanted = wantedOf(options)
  const opening = openNamed('ring', name, options, { shape: entryShapeOf(wanted) })
  const found = shapeIn(opening)
  const keys = Object.keys(wanted) as (keyof RingShape)[]
  if (keys.every((key) => wanted[key] === found[key])) return opening
  refuseOther(opening, 'it exists with another capacity, size, mode or timestamp')
}
