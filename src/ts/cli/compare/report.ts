import type { Names } from '../kit/comparison'
import type { Origin } from '../kit/limits'
import { summary } from '../kit/page/facts'
import { colors, hanging, wrapped } from '../kit/terminal'

/** Two runs beside each other, as lines: which they are, why there are no ratios, and the parts, each below an empty line. */
export function report<R extends Origin>(
  runs: readonly [R, R],
  names: Names,
  reasons: readonly string[],
  parts: readonly (readonly string[])[],
  about: (run: R) => readonly string[] = () => [],
): string[] {
  return [
    ...runs.flatMap((run, i) => [
      ...hanging('AB'.charAt(i), names[i] ?? '', 0, 3),
      ...[summary(run), ...about(run)].flatMap((text) => hanging('', text, 0, 3)),
    ]),
    ...reasons.flatMap((reason) => ['', ...wrapped(reason).map((line) => colors.yellow(line))]),
    ...parts.flatMap((part) => ['', ...part]),
  ]
}
