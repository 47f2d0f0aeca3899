import { colors, columns } from './terminal'
import { padded, widthOf } from './text'

/** A column, and how soon it goes where there is no room: the highest first; those with 0 stay. */
export interface Column {
  readonly head: string
  readonly goes: number
  /** Words stand to the left, numbers to the right. */
  readonly words?: true
}

/** The first column: what a row is of. */
export const LABEL: Column = { head: '', goes: 0, words: true }

/** Columns side by side, as many as there is room for; where those that stay need more, with less space between them. */
export function lines(
  heads: readonly Column[],
  rows: readonly (readonly string[])[],
  room = columns(),
): string[] {
  const widths = heads.map(({ head }, i) =>
    Math.max(widthOf(head), ...rows.map((row) => widthOf(row[i] ?? ''))),
  )
  const kept = new Set(heads.map((_, i) => i))
  const width = (gap: number): number => [...kept].reduce((sum, i) => sum + (widths[i] as number) + gap, -gap)
  for (const goes of [3, 2, 1]) {
    if (width(2) <= room) break
    for (const [i, head] of heads.entries()) if (head.goes === goes) kept.delete(i)
  }
  const line = (row: readonly string[]): string =>
    [...kept]
      .map((i) => padded(row[i] ?? '', widths[i] as number, heads[i]?.words ? 'left' : 'right'))
      .join(width(2) <= room ? '  ' : ' ')
      .trimEnd()
  return [colors.bold(line(heads.map(({ head }) => head))), ...rows.map(line)]
}
