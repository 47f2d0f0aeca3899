import { colors, columns } from '../kit/terminal'
import { padded, widthOf } from '../kit/text'

/** A column, and how soon it goes where there is no room: the highest first. */
export interface Column {
  readonly head: string
  readonly goes: number
  /** Words stand to the left, numbers to the right. */
  readonly words?: true
}

/** Columns side by side, as many as there is room for. */
export function lines(heads: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = heads.map(({ head }, i) =>
    Math.max(widthOf(head), ...rows.map((row) => widthOf(row[i] ?? ''))),
  )
  const kept = new Set(heads.map((_, i) => i))
  const width = (): number => [...kept].reduce((sum, i) => sum + (widths[i] as number) + 2, -2)
  for (const goes of [3, 2, 1]) {
    if (width() <= columns()) break
    for (const [i, head] of heads.entries()) if (head.goes === goes) kept.delete(i)
  }
  const line = (row: readonly string[]): string =>
    [...kept]
      .map((i) => padded(row[i] ?? '', widths[i] as number, heads[i]?.words ? 'left' : 'right'))
      .join('  ')
      .trimEnd()
  return [colors.bold(line(heads.map(({ head }) => head))), ...rows.map(line)]
}
