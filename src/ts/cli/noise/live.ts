import { createColors } from 'picocolors'
import { Screen } from '../kit/screen'
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
  let screen: Screen
  let timer: NodeJS.Timeout
  return new Promise<number>((resolve, reject) => {
    /** What goes wrong in a handler ends the command, not the process: the terminal is given back first. */
    const draw = (): void => {
      try {
        spinners.own.does(() => {
          const now = spinners.own.now()
          const cpus = spinners.seen(now - WINDOW * 1e9).map(summaryOf)
          screen.draw(frame({ cpus, options, elapsed: now / 1e9 }, screen.size, paint))
        })
      } catch (error) {
        reject(error)
      }
    }
    screen = new Screen(
      ({ name, sequence, ctrl }) => {
        if (name === 'escape' || sequence === 'q' || (ctrl && name === 'c')) resolve(0)
      },
      draw,
      resolve,
    )
    screen.open()
    spinners.begin(options.seconds)
    draw()
    timer = setInterval(draw, EVERY_MS)
    spinners.ended().then(() => resolve(0), reject)
  }).finally(() => {
    clearInterval(timer)
    screen.close()
    spinners.stop()
  })
}
