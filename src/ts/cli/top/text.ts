import stringWidth from 'string-width'

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** As far as it goes, a width is a length. */
const PLAIN = /^[ -~]*$/

/**
 * Text of a region, which anybody who counts there has chosen, so that a terminal takes it for text: control characters
 * become their pictures; what has no shape or turns the direction of writing becomes U+FFFD.
 */
export function clean(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) as number
    if (code < 0x20) return String.fromCodePoint(0x2400 + code)
    return code === 0x7f ? '␡' : '\ufffd'
  })
}

/** Columns that clean text takes on a terminal. */
export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text)
}

/** At most `width` columns of clean text, with … in place of what is left out. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  if (width < 1) return ''
  let shown = ''
  let used = 0
  for (const { segment } of segments.segment(text)) {
    used += widthOf(segment)
    if (used > width - 1) break
    shown += segment
  }
  return `${shown}…`
}

/** Exactly `width` columns of clean text. */
export function padded(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const shown = cut(text, width)
  const space = ' '.repeat(Math.max(0, width - widthOf(shown)))
  return align === 'left' ? shown + space : space + shown
}

/** Parts side by side, in as many lines of `width` columns as they need. */
export function flow(parts: readonly string[], width: number, gap = '  '): string[] {
  const lines: string[] = []
  for (const part of parts) {
    const line = lines.at(-1)
    if (line !== undefined && widthOf(line) + gap.length + widthOf(part) <= width) {
      lines[lines.length - 1] = line + gap + part
    } else {
      lines.push(cut(part, width))
    }
  }
  return lines
}
