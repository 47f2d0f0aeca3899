import { afterEach } from 'vitest'
import { command, plain } from './command'
import { PseudoTerminal } from './pseudo-terminal'

// Escape sequences: the alternate screen and the cursor, there and back; colours and the like.
export const ENTER = '\u001b[?1049h\u001b[?25l'
export const LEAVE = '\u001b[?25h\u001b[?1049l'
export const SGR = new RegExp(`${'\u001b'}\\[[\\d;]*m`)

/** Starts a command on terminals, which end with the test that started them. */
export function terminals(...name: readonly string[]) {
  const all: PseudoTerminal[] = []
  afterEach(() => {
    for (const one of all.splice(0)) one.destroy()
  })
  return (args: readonly string[], columns = 80, rows = 24, env = plain): PseudoTerminal => {
    const terminal = new PseudoTerminal(columns, rows, [process.execPath, command, ...name, ...args], env)
    all.push(terminal)
    return terminal
  }
}

/** Whether a line of a screen has that text. */
export function has(text: string) {
  return (screen: readonly string[]): boolean => screen.some((line) => line.includes(text))
}
