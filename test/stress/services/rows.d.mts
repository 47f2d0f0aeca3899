import type { Place } from './place.mjs'

/** What the row is called; what its pages show where all is well; what makes it so. */
export type Row = readonly [name: string, expected: unknown, make: (place: Place) => Promise<unknown>]
export const rows: readonly Row[]
