import { env, stderr } from 'node:process'
import { SingleBar } from 'cli-progress'

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
  return stderr.isTTY && env.TERM !== 'dumb' ? bar() : lines()
}

function lines(): Watch {
  return { start() {}, asks: (question) => stderr.write(`${question} …\n`), says() {}, step() {}, stop() {} }
}

function bar(): Watch {
  const columns = (): number => Math.min(stderr.columns || 80, 100)
  const single = new SingleBar({
    format: (_, { progress }, { what }: { what: string }) => {
      const percent = `${Math.floor(progress * 100)}% `.padStart(5)
      const full = Math.round(progress * 20)
      const text = `${percent}${'█'.repeat(full)}${'░'.repeat(20 - full)} ${what}`
      return text.slice(0, columns() - 1)
    },
    stream: stderr,
    hideCursor: true,
    clearOnComplete: true,
  })
  return {
    start: (steps) => single.start(steps, 0, { what: '' }),
    asks: (what) => single.update({ what }),
    says: (what) => single.update({ what }),
    step: (what) => single.increment(1, what === undefined ? {} : { what }),
    stop: () => single.stop(),
  }
}
