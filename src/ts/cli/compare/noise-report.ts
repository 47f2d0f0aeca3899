import { type Column, LABEL, lines } from '../kit/columns'
import type { Names } from '../kit/comparison'
import { colors, wrapped } from '../kit/terminal'
import { cellsOf, differences, doubts, type Section, sections } from '../noise/compare-rows'
import type { NoiseResult } from '../noise/schema'
import { report } from './report'

const HEADS: readonly Column[] = [LABEL, ...['A', 'B'].map((head) => ({ head, goes: 0 }))]
const RATIO: Column = { head: 'B/A', goes: 1 }

/** Two runs beside each other, as lines. */
export function noiseReport(a: NoiseResult, b: NoiseResult, names: Names): string[] {
  const reasons = doubts(a, b)
  const heads = reasons.length === 0 ? [...HEADS, RATIO] : HEADS
  const table = ({ title, rows }: Section): string[] => [
    ...wrapped(title).map(colors.bold),
    ...lines(
      heads,
      rows.map((row) => [row.label, ...cellsOf(row)]),
    ),
  ]
  return report([a, b], names, [...reasons, ...differences(a, b)], sections(a, b).map(table))
}
