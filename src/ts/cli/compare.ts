import { stderr, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { readResult, systemMessage } from './bench/compare-read'
import { report } from './bench/compare-report'
import { colors, hanging, wrapped } from './terminal'

/** Exit code of a command line, or a file, that makes no sense. */
const USAGE = 2

/**
 * `rseq compare A.json B.json`: two runs of `rseq bench` beside each other, in the terminal and as a page.
 *
 * @param args what follows `compare` on the command line
 * @returns the exit code: 0, or 2 for a command line or a file that makes no sense
 */
export async function compare(args: string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { help: { type: 'boolean', short: 'h' }, html: { type: 'string' } },
      allowPositionals: true,
    })
    if (values.help) {
      stdout.write(`${help().join('\n')}\n`)
      return 0
    }
    const [fileA, fileB, extra] = positionals
    if (fileA === undefined || fileB === undefined) {
      return wrong(`compare: expected two files, received ${positionals.length}`)
    }
    if (extra !== undefined) return wrong(`compare: unexpected argument '${extra}'`)
    const [a, b] = [readResult(fileA), readResult(fileB)]
    stdout.write(`${report(a, b).join('\n')}\n`)
    if (values.html !== undefined) {
      // Loaded for this alone: it carries a chart library.
      const { writeComparison } = await import('./bench/page.js')
      await writeComparison(a, b, values.html).catch((error: unknown) => {
        throw new Error(`${values.html}: ${systemMessage(error)}`)
      })
    }
    return 0
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    // Of what parseArgs says, what is wrong; the rest is advice that does not help here.
    return wrong(`compare: ${message.replace(/\. To specify .*/s, '')}`)
  }
}

function wrong(message: string): number {
  stderr.write(`rseq: ${message}\n`)
  return USAGE
}

function help(): string[] {
  return [
    `${colors.bold('rseq compare')} A.json B.json [options]`,
    '',
    ...wrapped("Two results of 'rseq bench --json' beside each other: two machines, or two commits."),
    ...wrapped(
      'A ratio above 1 says that B takes longer. Its spread is from the 10th and 90th percentiles of both runs; "=" where they overlap. Emulated and noisy runs get no ratios.',
    ),
    '',
    ...hanging('--html FILE', 'write them as a page too', 2, 18),
    ...hanging('-h, --help', 'print this help', 2, 18),
  ]
}
