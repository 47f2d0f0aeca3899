import { KIND, TEXTS } from '../../contract/backend'
import { bucketsOf } from '../../contract/buckets'
import { ringShapeOf } from '../../contract/ring-shape'
import { Ring } from './drain'
import { type Entry, textOf } from './entry'
import { Histogram, runOf } from './histogram'
import type { Memory } from './memory'
import { Pool, poolRunOf } from './pool'
import { runOfRing } from './ring'

/** What takes more than a cell. */
export type Run = Histogram | Pool | Ring

interface Form {
  readonly cells: number
  /** Null where it is one cell alone. */
  open(memory: Memory, cell: number): Run | null
}

/** What an entry of that kind and shape is; null for what cannot be. */
export function formOf(kind: number, shape: number, extra: () => ArrayBuffer): Form | null {
  if (kind === KIND.histogram) {
    const buckets = bucketsOf(shape, extra())
    return buckets && { cells: runOf(buckets), open: (memory, cell) => new Histogram(memory, cell, buckets) }
  }
  if (kind === KIND.pool) {
    const cells = poolRunOf(shape)
    return cells === 0 ? null : { cells, open: (memory, cell) => new Pool(memory, cell, shape) }
  }
  if (kind === KIND.ring) {
    const form = ringShapeOf(shape)
    return form && { cells: runOfRing(form), open: (memory, cell) => new Ring(memory, cell, form) }
  }
  return { cells: 1, open: () => null }
}

/** @returns null for what is one cell, undefined for what cannot be */
export function runIn(memory: Memory, entry: Entry): Run | null | undefined {
  const { kind, shape, cell, cells } = entry
  const form = formOf(kind, shape, () => textOf(memory, entry, TEXTS.indexOf('extra')).buffer)
  return form?.cells === cells ? form.open(memory, cell) : undefined
}
