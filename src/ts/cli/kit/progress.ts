import { env, stderr } from 'node:process'
import { SingleBar } from 'cli-progress'

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

/**
 * A bar on standard error, so that standard output is the result alone; null where that is no terminal.
 *
 * @param draw of a share from 0 to 1, and what is said beside it, in so many columns
 */
export function barOf(draw: (share: number, text: string, columns: number) => string): SingleBar | null {
  if (!stderr.isTTY || env.TERM === 'dumb') return null
  return new SingleBar({
    format: (_, { progress, maxWidth }, { text }: { text: string }) => draw(progress, text, maxWidth),
    stream: stderr,
    hideCursor: true,
    linewrap: true,
    clearOnComplete: true,
  })
}

/** So much of `room` columns. */
export function blocks(share: number, room: number): string {
  const full = Math.round(share * room)
  return room > 0 ? '█'.repeat(full) + '░'.repeat(room - full) : ''
}

/** A bar, or nothing. */
export function progressBar(): Progress {
  const bar = barOf((share, label, columns) => {
    const percent = `${Math.floor(share * 100)}%`.padStart(5)
    const room = Math.min(40, columns - LABEL_COLUMNS - percent.length - 1)
    return label.padEnd(LABEL_COLUMNS) + blocks(share, room) + percent
  })
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => {
    clearInterval(timer)
    bar?.stop()
  }
  return {
    start(text, total, read) {
      stop()
      bar?.start(total, 0, { text })
      timer = bar === null ? undefined : setInterval(() => bar.update(read()), EVERY_MS)
    },
    stop,
  }
}
