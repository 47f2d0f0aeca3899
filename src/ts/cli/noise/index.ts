import process, { stderr } from 'node:process'
import { createColors } from 'picocolors'
import { status } from '../../index'
import { jsonText } from '../kit/json'
import { originHere } from '../kit/machine'
import { give } from '../kit/result'
import { isInteractive, isQuit, show } from '../kit/screen'
import { colors } from '../kit/terminal'
import type { Values } from '../kit/usage'
import { frame, WINDOW } from './frame'
import { formatCpus, type Options, optionsOf } from './options'
import { resultOf, summaryOf } from './result'
import type { NoiseResult } from './schema'
import { Spinners } from './spinners'
import { report } from './table'

/** Between two pictures. Seldom: what is drawn takes a CPU from the thread that watches it. */
const EVERY_MS = 1000

/** `rseq noise`: how often each CPU is taken away, for how long, and what that means for a service. @returns the exit code */
export async function run(_: string[], values: Values): Promise<number> {
  const options = optionsOf(values)
  const spinners = await Spinners.start(options)
  const code = isInteractive() ? await live(spinners, options) : await plainly(spinners, options)
  if (code !== 0) return code
  await spinners.ended
  const result = resultOf(spinners.seen(), options.threshold, originHere(status()))
  const page = () => import('./page.js').then(({ writePage }) => writePage.bind(null, result))
  await give({ lines: report(result), json: () => document(result), page }, options)
  return 0
}

/** A list of numbers is one line: there are many of them. */
function document(result: NoiseResult): string {
  const text = jsonText(result)
  return `${text.replace(/\[\s+(-?[\d.e+-]+(?:,\s+-?[\d.e+-]+)*)\s+\]/g, (_, list: string) => `[${list.replace(/\s+/g, '')}]`)}\n`
}

/** Shows what they see until the time is over or somebody has seen enough. @returns 0, or the exit code of a signal */
function live(spinners: Spinners, options: Options): Promise<number> {
  const paint = createColors(options.coloured && colors.isColorSupported)
  return show<number>({
    draw: (size) =>
      spinners.own.does(() => {
        const now = spinners.own.now()
        const cpus = spinners.seen(now - WINDOW * 1e9).map(summaryOf)
        return frame({ cpus, options, elapsed: now / 1e9 }, size, paint)
      }),
    press: (key) => (isQuit(key) ? 0 : undefined),
    every: { ms: EVERY_MS, look: () => true },
    async until() {
      spinners.begin(options.seconds)
      await spinners.ended
      return 0
    },
  }).finally(() => spinners.stop())
}

/** Sleeps until it is over. Ctrl-C ends the watching, not the command. */
async function plainly(spinners: Spinners, { seconds, cpus }: Options): Promise<0> {
  const interrupt = (): void => spinners.stop()
  process.once('SIGINT', interrupt)
  // Standard output is the result alone.
  stderr.write(`Watching CPU ${formatCpus(cpus)} for ${seconds} s …\n`)
  spinners.begin(seconds)
  await spinners.ended.finally(() => process.off('SIGINT', interrupt))
  return 0
}
