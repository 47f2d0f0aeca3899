import { stderr } from 'node:process'
import { barOf, blocks } from '../kit/progress'

export type Watch = ReturnType<typeof watch>

/**
 * Shows how far a run is, on standard error: standard output is the result alone. A bar on a terminal; elsewhere a line for
 * each question.
 */
export function watch() {
  const bar = barOf((share, text) => {
    const percent = `${Math.floor(share * 100)}% `.padStart(5)
    return `${percent}${blocks(share, 20)} ${text}`.slice(0, Math.min(stderr.columns || 80, 100) - 1)
  })
  return {
    start: (steps: number) => bar?.start(steps, 0, { text: '' }),
    /** A question is begun. */
    asks: (text: string) => (bar ? bar.update({ text }) : stderr.write(`${text} …\n`)),
    /** What is begun now. */
    says: (text: string) => bar?.update({ text }),
    /** One of the steps is done, of something that is worth no line of its own. */
    step: (text?: string) => bar?.increment(1, text === undefined ? {} : { text }),
    /** Removes what was shown; can be called twice. */
    stop: () => bar?.stop(),
  }
}
