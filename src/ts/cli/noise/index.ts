import process, { stderr } from 'node:process'
import { status } from '../../index'
import { originHere } from '../kit/machine'
import { give } from '../kit/result'
import { isInteractive } from '../kit/screen'
import { formatCpus } from './cpus'
import { document } from './json'
import { live } from './live'
import { type Options, optionsOf } from './options'
import { resultOf } from './result'
import { Spinners } from './spinners'
import { report } from './table'

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
  const result = resultOf(spinners.seen(), options.threshold, originHere(status()))
  const page = () =>
    import('./page.js').then(
      ({ writePage }) =>
        (file: string) =>
          writePage(result, file),
    )
  await give({ lines: report(result), json: () => document(result), page }, options)
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
