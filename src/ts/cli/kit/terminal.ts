import { env, stdout } from 'node:process'
import { createColors } from 'picocolors'
import { clean } from './clean'

/** Wider lines than this are hard to read. */
const WIDEST = 100

const coloured = env.NO_COLOR
  ? false
  : env.FORCE_COLOR
    ? env.FORCE_COLOR !== '0'
    : stdout.isTTY === true && env.TERM !== 'dumb' // never undefined, for which the library looks at CI

/** Functions that colour a string, where standard output shows colours. */
export const colors = createColors(coloured)

/** Columns to fill on standard output; 80 where it is no terminal, or one that does not say. */
export function columns(): number {
  return Math.min((stdout.isTTY && stdout.columns) || 80, WIDEST)
}

/**
 * Text in lines of at most `width`, broken between words. A longer word, such as a path, is broken after a
 * slash on a terminal, and stays whole in a file or a pipe, where somebody may look for it. It has no colours yet.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of clean(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length <= width) {
      line += ` ${word}`
      continue
    }
    if (line !== '') lines.push(line)
    line = word
    while (stdout.isTTY && line.length > width) {
      const cut = line.lastIndexOf('/', width - 1) + 1 || width
      lines.push(line.slice(0, cut))
      line = line.slice(cut)
    }
  }
  return [...lines, line]
}

/** Lines of text, all indented. */
export function wrapped(text: string, indent = 0): string[] {
  return wrap(text, Math.max(10, columns() - indent)).map((line) => ' '.repeat(indent) + line)
}

/** A label and its text beside it, from column `column` on. */
export function hanging(label: string, text: string, indent: number, column: number): string[] {
  const margin = ' '.repeat(column)
  const [first, ...rest] = wrap(text, Math.max(10, columns() - column))
  const start = (' '.repeat(indent) + label).padEnd(column)
  return [start + first, ...rest.map((line) => margin + line)]
}
