import { join } from 'node:path'
import process, { stderr } from 'node:process'
import { status } from '../../index'
import { writeText } from '../kit/files'
import { originOf } from '../kit/machine'
import { print } from '../kit/output'
import { isInteractive } from '../kit/screen'
import { formatCpus } from './cpus'
import { document } from './json'
import { live } from './live'
import { type Options, optionsOf } from './options'
import { resultOf } from './result'
import { Spinners } from './spinners'
import { report } from './table'

const root = join(__dirname, '..', '..', '..')

/**
 * `rseq noise`: how often each CPU is taken away, for how long, and what that means for a service.
 *
 * @param values of its options, as commands.ts has them
 * @throws {UsageError} for a command line that makes no sense
 * @throws {Error} where nothing can be watched
 */
export async function run(_: string[], values: Record<string, unknown>): Promise<number> {
  const options = optionsOf(values)
  const spinners = await Spinners.start(options)
  const code = isInteractive() ? await live(spinners, options) : await plainly(spinners, options)
  if (code !== 0) return code
  await spinners.ended()
  const result = resultOf(spinners.seen(), options.threshold, originOf(root, status(), hypervisor()))
  print(report(result))
  if (options.json !== null) writeText(options.json, document(result))
  if (options.html !== null) (await import('./page.js')).writePage(result, options.html)
  return 0
}

/**
 * Sleeps until it is over. Ctrl-C ends the watching, not the command.
 *
 * @returns 0
 */
async function plainly(spinners: Spinners, { seconds, cpus }: Options): Promise<number> {
  const interrupt = (): void => spinners.stop()
  process.once('SIGINT', interrupt)
  try {
    // Standard output is the result alone.
    stderr.write(`Watching CPU ${formatCpus(cpus)} for ${seconds} s …\n`)
    spinners.begin(seconds)
    await spinners.ended()
    return 0
  } finally {
    process.off('SIGINT', interrupt)
  }
}

/** What the benchmarks' own addon says, where there is one. */
function hypervisor(): string {
  // Not a literal: it is built apart, and stays a file of its own.
  const questions = require(join(root, 'lib', 'bench', 'questions.js')) as { hypervisor(): string }
  return questions.hypervisor()
}
