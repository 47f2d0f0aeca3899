import { stdout } from 'node:process'
import { readResult, systemMessage } from './bench/compare-read'
import { report } from './bench/compare-report'
import type { Values } from './commands'

/** `rseq compare A.json B.json`: two runs of `rseq bench` beside each other, in the terminal and as a page. */
export async function run(positionals: string[], { html }: Values): Promise<void> {
  const [fileA, fileB] = positionals as [string, string]
  const [a, b] = [readResult(fileA), readResult(fileB)]
  stdout.write(`${report(a, b).join('\n')}\n`)
  if (typeof html !== 'string') return
  // Loaded for this alone.
  const { writeComparison } = await import('./bench/page.js')
  await writeComparison(a, b, html).catch((error: unknown) => {
    throw new Error(`${html}: ${systemMessage(error)}`)
  })
}
