import type { Gaps } from './gaps'
import type { Timeline } from './schema'

/** @param step nanoseconds of a column; the first begins at the origin */
export function timelineOf({ starts, lengths }: Gaps, columns: number, step: number): Timeline {
  const [longest, taken] = [new Float64Array(columns), new Float64Array(columns)]
  for (let i = 0; i < starts.length; i++) {
    const [start, length] = [starts[i] as number, lengths[i] as number]
    const first = Math.floor(start / step)
    const last = Math.min(columns - 1, Math.floor((start + length) / step))
    for (let column = first; column <= last; column++) {
      const part = Math.min(start + length, (column + 1) * step) - Math.max(start, column * step)
      taken[column] = (taken[column] as number) + part
      longest[column] = Math.max(longest[column] as number, length)
    }
  }
  return { longest: [...longest].map(Math.round), taken: [...taken].map(Math.round) }
}
