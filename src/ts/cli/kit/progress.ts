import { env, stderr } from 'node:process'
import { type Options, type Params, SingleBar } from 'cli-progress'

/** Often enough for the eye, and too seldom to disturb the workers. */
const EVERY_MS = 100
const LABEL_COLUMNS = 14

/** Shows how far something is. */
export interface Progress {
  /** Ends what was shown before, and shows `label` and what `read` returns, on its way to `total`. */
  start(label: string, total: number, read: () => number): void
  /** Removes it, and gives the cursor back. */
  stop(): void
}

function draw(_: Options, { progress, maxWidth }: Params, { label }: { label: string }): string {
  const percent = `${Math.floor(progress * 100)}%`.padStart(5)
  const room = Math.min(40, maxWidth - LABEL_COLUMNS - percent.length - 1)
  const full = Math.round(progress * room)
  const bar = room > 0 ? '█'.repeat(full) + '░'.repeat(room - full) : ''
  return label.padEnd(LABEL_COLUMNS) + bar + percent
}

/** A bar on standard error, so that standard output is the result alone; nothing where that is no terminal. */
export function progressBar(): Progress {
  if (!stderr.isTTY || env.TERM === 'dumb') return { start: () => {}, stop: () => {} }
  const bar = new SingleBar({
    format: draw,
    stream: stderr,
    hideCursor: true,
    linewrap: true,
    clearOnComplete: true,
  })
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => {
    clearInterval(timer)
    bar.stop()
  }
  return {
    start(label, total, read) {
      stop()
      bar.start(total, 0, { label })
      timer = setInterval(() => bar.update(read()), EVERY_MS)
    },
    stop,
  }
}
