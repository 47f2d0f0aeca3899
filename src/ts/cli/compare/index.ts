import type { BenchResult } from '../bench/result'
import { clean } from '../kit/clean'
import type { Names } from '../kit/comparison'
import { keep } from '../kit/destination'
import { give } from '../kit/result'
import { UsageError, type Values } from '../kit/usage'
import type { NoiseResult } from '../noise/schema'
import { benchReport } from './bench-report'
import { noiseReport } from './noise-report'
import { readResult } from './read'

/** `rseq compare A.json B.json`: two runs of one command beside each other, in the terminal and as a page. */
export async function run(positionals: string[], { html }: Values): Promise<void> {
  const [fileA, fileB] = positionals as [string, string]
  const file = typeof html === 'string' ? html : null
  if (file !== null) keep([fileA, fileB], '--html', file)
  const [a, b] = [readResult(fileA), readResult(fileB)]
  const names: Names = [clean(fileA), clean(fileB)]
  if (isNoise(a) && isNoise(b)) {
    const page = () =>
      import('../noise/page.js').then(
        ({ writeComparison: write }) =>
          (to: string) =>
            write(a, b, names, to),
      )
    await give({ lines: noiseReport(a, b, names), page }, { html: file })
  } else if (!isNoise(a) && !isNoise(b)) {
    const page = () =>
      import('../bench/page/index.js').then(
        ({ writeComparison: write }) =>
          (to: string) =>
            write(a, b, names, to),
      )
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
