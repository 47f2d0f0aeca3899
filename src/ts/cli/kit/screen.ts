import { writeSync } from 'node:fs'
import process, { stdin, stdout } from 'node:process'
import { emitKeypressEvents } from 'node:readline'
import { safe } from './output'
import { exitCode, type Signal } from './signals'

// Control sequences of xterm: the alternate screen, the cursor; from here to the end of the line, of the screen.
const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

const SIGNALS: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** As `node:readline` tells a key. */
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

/** Has the terminal from {@link open} to {@link close}, which gives it back as it was, however the process ends. */
class Screen {
  readonly #onKey: (key: Key) => void
  readonly #onResize: () => void
  readonly #onEnd: (code: number) => void
  #isOpen = false

  /**
   * @param onKey but Ctrl-Z, which stops the process
   * @param onResize also where the process goes on after it was stopped
   * @param onEnd a signal, or the terminal has gone: with the exit code that says so
   */
  constructor(onKey: (key: Key) => void, onResize: () => void, onEnd: (code: number) => void) {
    this.#onKey = onKey
    this.#onResize = onResize
    this.#onEnd = onEnd
  }

  get size(): Size {
    return { columns: stdout.columns || 80, rows: stdout.rows || 24 }
  }

  open(): void {
    this.#take()
    process.on('exit', this.#restore)
    process.on('SIGCONT', this.#goOn)
    for (const signal of SIGNALS) process.on(signal, this.#signalled)
    stdout.on('resize', this.#onResize)
    emitKeypressEvents(stdin)
    stdin.on('keypress', this.#pressed)
    stdin.on('end', this.#ended)
    stdin.on('error', this.#ended)
    stdin.resume()
  }

  /** In one piece, so that nobody sees half of it. Lines are at most as wide as the screen. */
  draw(lines: readonly string[]): void {
    // Cleared before it is written: behind a line that is as wide as the screen, the cursor is still on its end.
    if (this.#isOpen)
      stdout.write(HOME + lines.map((line) => CLEAR_LINE + safe(line, true)).join('\r\n') + CLEAR_BELOW)
  }

  /** Idempotent. */
  close(): void {
    this.#restore()
    process.off('exit', this.#restore)
    process.off('SIGCONT', this.#goOn)
    for (const signal of SIGNALS) process.off(signal, this.#signalled)
    stdout.off('resize', this.#onResize)
    stdin.off('keypress', this.#pressed)
    stdin.off('end', this.#ended)
    stdin.off('error', this.#ended)
    stdin.pause()
  }

  #take(): void {
    this.#isOpen = true
    stdin.setRawMode(true)
    stdout.write(ENTER)
  }

  readonly #restore = (): void => {
    if (!this.#isOpen) return
    this.#isOpen = false
    try {
      stdin.setRawMode(false)
      // Not through the stream: this may be the last that the process does.
      writeSync(stdout.fd, LEAVE)
    } catch {
      // the terminal has gone
    }
  }

  readonly #pressed = (_: string | undefined, key: Key): void => {
    if (!(key.ctrl && key.name === 'z')) {
      this.#onKey(key)
      return
    }
    this.#restore()
    process.kill(process.pid, 'SIGSTOP')
  }

  readonly #goOn = (): void => {
    if (!this.#isOpen) this.#take()
    this.#onResize()
  }

  readonly #signalled = (signal: Signal): void => this.#onEnd(exitCode(signal))

  readonly #ended = (): void => this.#onEnd(exitCode('SIGHUP'))
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
 * Shows it until something ends it: a signal with the exit code that says so. What goes wrong in a handler ends the
 * command, not the process: the terminal is given back first.
 */
export function show<T>({ draw, press, every, until }: Show<T>): Promise<T | number> {
  let screen: Screen
  let timer: NodeJS.Timeout | undefined
  return new Promise<T | number>((resolve, reject) => {
    const guarded = (act: () => void): void => {
      try {
        act()
      } catch (error) {
        reject(error)
      }
    }
    const redraw = (): void => guarded(() => screen.draw(draw(screen.size)))
    const onKey = (key: Key): void => {
      const end = press(key, redraw)
      if (end !== undefined) resolve(end)
    }
    const look = (): void => {
      if (every?.look()) redraw()
    }
    screen = new Screen((key) => guarded(() => onKey(key)), redraw, resolve)
    screen.open()
    until?.().then(resolve, reject)
    redraw()
    if (every !== undefined) timer = setInterval(() => guarded(look), every.ms)
  }).finally(() => {
    clearInterval(timer)
    screen.close()
  })
}
