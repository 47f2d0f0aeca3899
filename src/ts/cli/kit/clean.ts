/**
 * What a terminal must not get: control characters of all sets, and what has no shape, turns the direction of writing or
 * ends a line.
 */
export const UNSAFE = '[\\p{C}\\p{Zl}\\p{Zp}]'
const EACH_UNSAFE = new RegExp(UNSAFE, 'gu')

/** What stands for such a character. */
export function picture(character: string): string {
  const code = character.codePointAt(0) as number
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  return code === 0x7f ? '␡' : '\ufffd'
}

/**
 * Text that somebody else has chosen (a region's, a file's, an argument's), so that a terminal takes it for text: control
 * characters become their pictures; what has no shape or turns the direction of writing becomes U+FFFD.
 */
export function clean(text: string): string {
  return text.replace(EACH_UNSAFE, picture)
}
