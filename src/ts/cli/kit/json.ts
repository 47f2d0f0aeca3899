/** What JSON may have as it is, but no terminal: DEL, the second set of control characters, what turns text round. */
const UNSAFE = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

/** JSON that a terminal shows as it is: all that could change one is escaped, and parsed it is the same value. */
export function jsonText(value: unknown): string {
  // All of these stand in strings: nothing else in JSON has them.
  return JSON.stringify(value, null, 2).replace(UNSAFE, escaped)
}
