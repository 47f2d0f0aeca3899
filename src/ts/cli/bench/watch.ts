import { stderr } from 'node:process'
import { barOf, blocks } from '../kit/progress'

/** Shows how far a run is, on standard error: standard output is the result alone. */
export interface Watch {
  start(steps: number): void
  /** A question is begun. */
  asks(question: string): void
  /** What is begun now. */
  says(what: string): void
  /** One of the steps is done, of something that is worth no line of its own. */
  step(what?: string): void
  /** Removes what was shown; can be called twice. */
  stop(): void
}

/** A bar on a terminal; elsewhere a line for each question. */
export function watch(): Watch {
  const bar = barOf((share, text) => {
    const percent = `${Math.floor(share * 100)}% `.padStart(5)
    return `${percent}${blocks(share, 20)} ${text}`.slice(0, Math.min(stderr.columns || 80, 100) - 1)
  })
  if (bar === null)
    return {
      start() {},
      asks: (question) => stderr.write(`${question} …\n`),
      says() {},
      step() {},
      stop() {},
    }
  return {
    start: (steps) => bar.start(steps, 0, { text: '' }),
    asks: (text) => bar.update({ text }),
    says: (text) => bar.update({ text }),
    step: (text) => bar.increment(1, text === undefined ? {} : { text }),
    stop: () => bar.stop(),
  }
}
