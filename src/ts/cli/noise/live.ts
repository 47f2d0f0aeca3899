import { createColors } from 'picocolors'
import { isQuit, show } from '../kit/screen'
import { colors } from '../kit/terminal'
import { frame, WINDOW } from './frame'
import type { Options } from './options'
import { summaryOf } from './result'
import type { Spinners } from './spinners'

/** Seldom: what is drawn takes a CPU from the thread that watches it. */
const EVERY_MS = 1000

/**
 * Lets them watch, and shows what they see, until the time is over or somebody has seen enough.
 *
 * @returns 0, or the exit code of a signal
 */
export function live(spinners: Spinners, options: Options): Promise<number> {
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
      await spinners.ended()
      return 0
    },
  }).finally(() => spinners.stop())
}
