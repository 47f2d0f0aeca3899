import { summary } from '../kit/page/facts'
import { factor } from '../kit/page/format'
import type { Names } from '../kit/page/names'
import { colors, hanging, wrapped } from '../kit/terminal'
import { differences, doubts, type Section, sections } from '../noise/compare-rows'
import { type Column, lines } from '../noise/lines'
import type { NoiseResult } from '../noise/schema'

const HEADS: readonly Column[] = [
  { head: '', goes: 0, words: true },
  { head: 'A', goes: 0 },
  { head: 'B', goes: 0 },
]
const RATIO: Column = { head: 'B/A', goes: 1 }

/** Two runs beside each other, as lines. */
export function noiseReport(a: NoiseResult, b: NoiseResult, names: Names): string[] {
  const reasons = [...doubts(a, b), ...differences(a, b)]
  return [
    ...[a, b].flatMap((run, i) => [
      ...hanging('AB'.charAt(i), names[i] ?? '', 0, 3),
      ...hanging('', summary(run), 0, 3),
    ]),
    ...reasons.flatMap((reason) => ['', ...wrapped(reason).map((line) => colors.yellow(line))]),
    ...sections(a, b).flatMap((section) => ['', ...table(section, doubts(a, b).length === 0)]),
  ]
}

function table({ title, rows }: Section, withRatios: boolean): string[] {
  return [
    ...wrapped(title).map(colors.bold),
    ...lines(
      withRatios ? [...HEADS, RATIO] : HEADS,
      rows.map(({ label, a, b, ratio, told }) => [
        label,
        ...[a, b].map((value) => (value === null ? '–' : told(value))),
        ratio === null ? '–' : factor(ratio),
      ]),
    ),
  ]
}
