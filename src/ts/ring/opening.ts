import { backend } from '../backend/backend'
import { RseqError } from '../base/errors'
import {
  entryShapeOf,
  type RingShape,
  type RingShapeOptions,
  ringShapeOf,
  wantedOf,
} from '../contract/ring-shape'
import { type NamedOptions, openNamed, openNew, type PerCpuOptions, type Shape } from '../region/entries'
import type { Opening } from '../region/opening'

/** How to make a ring. */
export interface RingOptions extends Omit<PerCpuOptions, 'index'>, RingShapeOptions {}

/** How to make, or find, a ring by its name. */
export interface NamedRingOptions extends Omit<NamedOptions, 'index'>, RingShapeOptions {}

function made(wanted: Partial<RingShape>): Shape {
  return { shape: entryShapeOf(wanted), extra: new Float64Array(0) }
}

/** The shape of an open entry. */
export function shapeIn(opening: Opening): RingShape {
  const info = backend.describe(opening.number, opening.entry)
  const shape = info ? ringShapeOf(info.shape) : null
  if (shape !== null) return shape
  opening.release()
  throw new RseqError('ERR_RSEQ_REGION_DAMAGED', 'PerCpuRing: its shape cannot be read')
}

/** A new, nameless ring. */
export function openRing(options: RingOptions | undefined): Opening {
  return openNew('ring', options, made(wantedOf(options)))
}

/**
 * The ring of that name and those labels, new or not.
 *
 * @throws {RseqError} `ERR_RSEQ_KIND` where it has another shape than the options say
 */
export function openNamedRing(name: string, options: NamedRingOptions | undefined): Opening {
  const wanted = wantedOf(options)
  const opening = openNamed('ring', name, options, made(wanted))
  const found = shapeIn(opening)
  const keys = Object.keys(wanted) as (keyof RingShape)[]
  if (keys.every((key) => wanted[key] === found[key])) return opening
  opening.release()
  throw new RseqError(
    'ERR_RSEQ_KIND',
    `PerCpuRing.named(${JSON.stringify(name)}): it exists with another capacity, size, mode or timestamp`,
  )
}
