import type { BenchResult } from '../bench/result'
import { clean } from '../kit/clean'
import type { Names } from '../kit/comparison'
import { keep } from '../kit/destination'
import { print } from '../kit/output'
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
  // Pages are loaded for this alone.
  if (isNoise(a) && isNoise(b)) {
    print(noiseReport(a, b, names))
    if (file !== null) (await import('../noise/page.js')).writeComparison(a, b, names, file)
  } else if (!isNoise(a) && !isNoise(b)) {
    print(benchReport(a, b, names))
    if (file !== null) (await import('../bench/page/index.js')).writeComparison(a, b, names, file)
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
