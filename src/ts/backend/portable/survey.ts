import { typedArrayLength } from '../../base/arrays'
import { KIND, SURVEY, TEXTS } from '../../contract/backend'
import { bucketsOf } from '../../contract/buckets'
import { sum, sumFloat } from './cell'
import { copyEntry, type Entry, isStill, textOf } from './entry'
import { Histogram, runOf } from './histogram'
import { ENTRIES, ENTRY, ENTRY_WORDS, type Memory } from './memory'
import type { Region } from './region'

/** The numbers that an entry says, or none where it has none, or is not what its kind is. */
function valuesOf(memory: Memory, entry: Entry): ArrayLike<number> {
  if (entry.kind === KIND.pool || entry.kind === KIND.ring) return []
  if (entry.kind === KIND.histogram) {
    const buckets = bucketsOf(entry.shape, textOf(memory, entry, TEXTS.indexOf('extra')).buffer)
    const fits = buckets !== null && runOf(buckets) === entry.cells
    return fits ? new Float64Array(new Histogram(memory, entry.cell, buckets).read(false)) : []
  }
  if (entry.cells !== 1) return []
  return [entry.kind === KIND.counter ? Number(sum(memory, entry.cell)) : sumFloat(memory, entry.cell)]
}

/** Every entry of a memory with its values: see `Backend.survey`. */
export function survey({ memory }: Region, into: Float64Array): number {
  const out = [1, 0]
  for (let number = 0; number < ENTRIES; number++) {
    const entry = copyEntry(memory, number)
    if (entry === null) continue
    const values = valuesOf(memory, entry)
    // Given back meanwhile, it may have been zeros or the next owner's that was read.
    if (values.length === 0 || !isStill(memory, entry)) continue
    const head = new Array<number>(SURVEY.head)
    head[SURVEY.entry] = number
    head[SURVEY.generation] = entry.generation
    head[SURVEY.kind] = entry.kind
    head[SURVEY.held] = memory.entries[number * ENTRY_WORDS + ENTRY.opened] === 0 ? 0 : 1
    head[SURVEY.values] = values.length
    if (!head.every((x, i) => x === into[out.length + i])) out[SURVEY.isSame] = 0
    out.push(...head, ...Array.from(values))
  }
  if (out.length > typedArrayLength(into)) return -out.length
  into.set(out)
  return out.length
}
