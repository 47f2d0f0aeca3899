import type { EventEmitter } from 'node:events'
import { writeSync } from 'node:fs'
import process, { stdin, stdout } from 'node:process'
import { emitKeypressEvents } from 'node:readline'
import { safe } from './output'
import { exitCode } from './signals'

// Control sequences of xterm: the alternate screen, the cursor; from here to the end of the line, of the screen.
const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** As `node:readline` tells a key. Not Ctrl-Z, which stops the process. */
export interface Key {
  readonly name?: string | undefined
  readonly sequence?: string | undefined
  readonly ctrl?: boolean | undefined
  readonly meta?: boolean | undefined
}

/** Both ends are a terminal that can be drawn on. */
export function isInteractive(): boolean {
  return stdin.isTTY === true && stdout.isTTY === true && process.env.TERM !== 'dumb'
}

/** What somebody looks at. */
export interface Show<T> {
  /** All lines of the screen. */
  draw(size: Size): readonly string[]
  /** @returns what ends it; undefined where it goes on */
  press(key: Key, redraw: () => void): T | undefined
  /** What happens every so many milliseconds; false where that shows nothing new. */
  readonly every?: { readonly ms: number; look(): boolean }
  /** Called once there is a screen, before anything is drawn: ends it too. */
  until?(): Promise<T>
}

/** Escape, q and Ctrl-C. */
export function isQuit({ name, sequence, ctrl }: Key): boolean {
  return name === 'escape' || sequence === 'q' || (ctrl === true && name === 'c')
}

/**
 * Shows it on the terminal, which is given back as it was, however the process ends. A signal ends it with the exit code
 * that says so. What goes wrong in a handler ends the command, not the process.
 */
export function show<T>({ draw, press, every, until }: Show<T>): Promise<T | number> {
  let isOpen = false
  let timer: NodeJS.Timeout | undefined
  let listeners: [emitter: EventEmitter, event: string, listener: (...args: never[]) => void][] = []
  const take = (): void => {
    isOpen = true
    stdin.setRawMode(true)
    stdout.write(ENTER)
  }
  const giveBack = (): void => {
    if (!isOpen) return
    isOpen = false
    try {
      stdin.setRawMode(false)
      // Not through the stream: this may be the last that the process does.
      writeSync(stdout.fd, LEAVE)
    } catch {
      // the terminal has gone
    }
  }
  return new Promise<T | number>((resolve, reject) => {
    const guarded = (act: () => void): void => {
      try {
        act()
      } catch (error) {
        reject(error)
      }
    }
    const redraw = (): void =>
      guarded(() => write(draw({ columns: stdout.columns || 80, rows: stdout.rows || 24 })))
    /** In one piece, so that nobody sees half of it. Lines are at most as wide as the screen. */
    const write = (lines: readonly string[]): void => {
      // Cleared before it is written: behind a line that is as wide as the screen, the cursor is still on its end.
      if (isOpen)
        stdout.write(HOME + lines.map((line) => CLEAR_LINE + safe(line, true)).join('\r\n') + CLEAR_BELOW)
    }
    const pressed = (_: string | undefined, key: Key): void => {
      if (key.ctrl && key.name === 'z') {
        giveBack()
        process.kill(process.pid, 'SIGSTOP')
        return
      }
      const end = press(key, redraw)
      if (end !== undefined) resolve(end)
    }
    const goOn = (): void => {
      if (!isOpen) take()
      redraw()
    }
    const look = (): void => {
      if (every?.look()) redraw()
    }
    const gone = (): void => resolve(exitCode('SIGHUP'))
    listeners = [
      [process, 'exit', giveBack],
      [process, 'SIGCONT', goOn],
      ...SIGNALS.map(
        (signal) => [process, signal, () => resolve(exitCode(signal))] as (typeof listeners)[number],
      ),
      [stdout, 'resize', redraw],
      [stdin, 'keypress', (...args: Parameters<typeof pressed>) => guarded(() => pressed(...args))],
      [stdin, 'end', gone],
      [stdin, 'error', gone],
    ]
    take()
    for (const [emitter, event, listener] of listeners) emitter.on(event, listener as () => void)
    emitKeypressEvents(stdin)
    stdin.resume()
    until?.().then(resolve, reject)
    redraw()
    if (every !== undefined) timer = setInterval(() => guarded(look), every.ms)
  }).finally(() => {
    clearInterval(timer)
    giveBack()
    for (const [emitter, event, listener] of listeners) emitter.off(event, listener as () => void)
    stdin.pause()
  })
}
