import type { BenchResult } from '../bench/result'
import { clean } from '../kit/clean'
import { type Column, LABEL, lines } from '../kit/columns'
import type { Names } from '../kit/comparison'
import { keep } from '../kit/destination'
import { give } from '../kit/result'
import { colors, wrapped } from '../kit/terminal'
import { UsageError, type Values } from '../kit/usage'
import { cellsOf, differences, doubts, type Section, sections } from '../noise/compare-rows'
import type { NoiseResult } from '../noise/schema'
import { benchReport } from './bench-report'
import { readResult } from './read'
import { report } from './report'

/** `rseq compare A.json B.json`: two runs of one command beside each other, in the terminal and as a page. */
export async function run(positionals: string[], { html }: Values): Promise<void> {
  const [fileA, fileB] = positionals as [string, string]
  const file = typeof html === 'string' ? html : null
  if (file !== null) keep([fileA, fileB], '--html', file)
  const [a, b] = [readResult(fileA), readResult(fileB)]
  const names: Names = [clean(fileA), clean(fileB)]
  if (isNoise(a) && isNoise(b)) {
    const page = () =>
      import('../noise/page.js').then(({ writeComparison: write }) => write.bind(null, a, b, names))
    await give({ lines: noiseReport(a, b, names), page }, { html: file })
  } else if (!isNoise(a) && !isNoise(b)) {
    const page = () =>
      import('../bench/page/index.js').then(({ writeComparison: write }) => write.bind(null, a, b, names))
    await give({ lines: benchReport(a, b, names), page }, { html: file })
  } else {
    const [first, second] = [a, b].map((one) => `rseq ${isNoise(one) ? 'noise' : 'bench'}`)
    throw new UsageError(
      `${fileB}: expected a result of '${first}' like ${fileA}, received one of '${second}'`,
    )
  }
}

function isNoise(result: BenchResult | NoiseResult): result is NoiseResult {
  return 'kind' in result
}

const HEADS: readonly Column[] = [LABEL, ...['A', 'B'].map((head) => ({ head, goes: 0 }))]
const RATIO: Column = { head: 'B/A', goes: 1 }

/** Two runs beside each other, as lines. */
function noiseReport(a: NoiseResult, b: NoiseResult, names: Names): string[] {
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
