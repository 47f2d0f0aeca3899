import type { Names } from './bench/compare-names'
import { readResult } from './bench/compare-read'
import { report } from './bench/compare-report'
import type { BenchResult } from './bench/result'
import { clean } from './clean'
import type { Values } from './commands'
import { keep } from './destination'
import { noiseReport } from './noise/compare-report'
import type { NoiseResult } from './noise/result'
import { print } from './output'
import { UsageError } from './usage'

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
    if (file !== null) (await import('./noise/page.js')).writeComparison(a, b, names, file)
  } else if (!isNoise(a) && !isNoise(b)) {
    print(report(a, b, names))
    if (file !== null) (await import('./bench/page.js')).writeComparison(a, b, names, file)
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
