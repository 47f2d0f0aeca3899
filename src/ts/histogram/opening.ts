import { RseqError } from '../base/errors'
import {
  type Buckets,
  bucketsOf,
  DEFAULT_SHAPE,
  type HistogramShapeOptions,
  sameShape,
  shapeOf,
} from '../contract/buckets'
import {
  type NamedOptions,
  openNamed,
  openNew,
  type PerCpuOptions,
  partOf,
  refuseOther,
} from '../region/entries'
import type { Opening } from '../region/opening'

/** Of what exists with other buckets than are wanted. */
const OTHER_SHAPE = 'it exists in another shape'

/** @internal Whether a histogram could not be opened for that. */
export function isOtherShape(error: unknown): boolean {
  return error instanceof RseqError && error.message.endsWith(OTHER_SHAPE)
}

/** How to make a histogram. */
export interface HistogramOptions extends Omit<PerCpuOptions, 'index'>, HistogramShapeOptions {}

/** How to make, or find, a histogram by its name. */
export interface NamedHistogramOptions extends Omit<NamedOptions, 'index'>, HistogramShapeOptions {}

/** The buckets of an open entry. */
export function bucketsIn(opening: Opening): Buckets {
  return partOf(opening, 'its bounds', ({ shape, extra }) => bucketsOf(shape, extra))
}

/** A new, nameless histogram. */
export function openShaped(options: HistogramOptions | undefined): Opening {
  return openNew('histogram', options, shapeOf('PerCpuHistogram options', options) ?? DEFAULT_SHAPE)
}

/** The one of that name and those labels, new or not. @throws {RseqError} `ERR_RSEQ_KIND` where it has another shape */
export function openNamedShaped(name: string, options: NamedHistogramOptions | undefined): Opening {
  const wanted = shapeOf('PerCpuHistogram options', options)
  const opening = openNamed('histogram', name, options, wanted ?? DEFAULT_SHAPE)
  if (wanted !== null && !sameShape(wanted, bucketsIn(opening).shape)) refuseOther(opening, OTHER_SHAPE)
  return opening
}
