import { once } from 'node:events'
import { stdout } from 'node:process'
import { picture, UNSAFE } from './clean'
import { colors } from './terminal'

/** Colours, bold and the like, as picocolors makes them: escape, a number of two digits at most, m. */
const COLOUR = '\\u001b\\[\\d{1,2}m'
const PLAIN = new RegExp(`\\n|${UNSAFE}`, 'gu')
const COLOURED = new RegExp(`${COLOUR}|${PLAIN.source}`, 'gu')

/**
 * Text for a terminal: characters to show, this command's own colours and the ends of lines, whatever it was made of.
 * Foreign text has been cleaned before: only so it has no colours, and lines are as wide as they seem.
 *
 * @param coloured whether there may be colours in it
 */
export function safe(text: string, coloured = colors.isColorSupported): string {
  return text.replace(coloured ? COLOURED : PLAIN, (part) =>
    part === '\n' || part.length > 2 ? part : picture(part),
  )
}

/** The lines of a result. */
export function print(lines: readonly string[]): void {
  stdout.write(`${safe(lines.join('\n'))}\n`)
}

/** Characters that are written at once. */
const CHUNK = 65_536

/** Writes a result as it is made: little of it is in memory, and where nobody reads any more, no more is made. */
export async function printPieces(pieces: Iterable<string>): Promise<void> {
  let waiting = ''
  const write = async (): Promise<void> => {
    const isTaken = stdout.write(safe(waiting))
    waiting = ''
    // Who reads no more is told between two turns: see rseq.ts.
    await (isTaken ? new Promise(setImmediate) : once(stdout, 'drain'))
  }
  for (const piece of pieces) {
    waiting += piece
    if (waiting.length >= CHUNK) await write()
  }
  await write()
}
