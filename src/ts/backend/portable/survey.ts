import { typedArrayLength } from '../../base/arrays'
import { KIND, SURVEY } from '../../contract/backend'
import { sum, sumFloat } from './cell'
import { copyEntry, type Entry, isStill } from './entry'
import { Histogram } from './histogram'
import { ENTRIES, ENTRY, ENTRY_WORDS, type Memory } from './memory'
import type { Region } from './region'
import { runIn } from './run'

/** The numbers that an entry says, or none where it has none, or is not what its kind is. */
function valuesOf(memory: Memory, entry: Entry): ArrayLike<number> {
  const run = runIn(memory, entry)
  if (run instanceof Histogram) return new Float64Array(run.read(false))
  if (run !== null) return []
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
