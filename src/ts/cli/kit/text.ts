import stringWidth from 'string-width'
import { clean } from './clean'

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** As far as it goes, a width is a length. With what stands for nothing and for more, which are in most tables. */
const PLAIN = /^[ -~–…]*$/
/** Code units of a text that anything is found out about: more than a line of any table has. */
const LONGEST = 512
/** Code units that a column takes at most: a letter with its accents. What has more is cut. */
const UNITS = 8

/** At most so many code units of a text, and no half of a character. */
function beginning(text: string, units: number): string {
  if (text.length <= units) return text
  const isHalf = (text.codePointAt(units - 1) as number) > 0xffff
  return text.slice(0, isHalf ? units - 1 : units)
}

/** The beginning of a text, clean, for a line: however long it is, no more of it is looked at. */
export function shown(text: string): string {
  return text.length <= LONGEST ? clean(text) : `${clean(beginning(text, LONGEST - 1))}…`
}

/** Columns that clean text takes on a terminal. */
export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text)
}

/** What a terminal shows as one character each, of clean text. */
export function clusters(text: string): string[] {
  return PLAIN.test(text) ? text.split('') : Array.from(segments.segment(text), ({ segment }) => segment)
}

/** What of a clean text fits in `width` columns, and how many it takes. */
function fitted(text: string, width: number): readonly [text: string, columns: number] {
  if (width < 1) return ['', 0]
  if (PLAIN.test(text)) {
    return text.length <= width ? [text, text.length] : [`${text.slice(0, width - 1)}…`, width]
  }
  const part = beginning(text, width * UNITS)
  const columns = part === text ? widthOf(text) : Number.POSITIVE_INFINITY
  if (columns <= width) return [text, columns]
  let end = 0
  let used = 0
  for (const { segment } of segments.segment(part)) {
    const more = widthOf(segment)
    if (used + more > width - 1) break
    used += more
    end += segment.length
  }
  return [`${part.slice(0, end)}…`, used + 1]
}

/** At most `width` columns of clean text, with … in place of what is left out. */
export function cut(text: string, width: number): string {
  return fitted(text, width)[0]
}

/** Exactly `width` columns of clean text. */
export function padded(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const [part, columns] = fitted(text, width)
  const space = ' '.repeat(Math.max(0, width - columns))
  return align === 'left' ? part + space : space + part
}

/** Parts side by side, in as many lines of `width` columns as they need. */
export function flow(parts: readonly string[], width: number, gap = '  '): string[] {
  const lines: string[] = []
  let room = 0
  for (const part of parts) {
    const needed = gap.length + widthOf(part)
    if (lines.length > 0 && needed <= room) {
      lines[lines.length - 1] += gap + part
      room -= needed
    } else {
      const line = cut(part, width)
      lines.push(line)
      room = width - widthOf(line)
    }
  }
  return lines
}
