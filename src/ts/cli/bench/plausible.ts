/** Lists and objects within each other; results have fewer than ten. */
const MOST_DEPTH = 32
/** Lists, objects, keys and texts. */
const MOST_PARTS = 2 ** 20
/** What is followed by another one. Timelines of 4096 CPUs have 1.6 million numbers. */
const MOST_VALUES = 3 * 2 ** 20

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])

/** Whether text could be the JSON of a result. What could not may take a hundred bytes of memory for one of its own. */
export function isPlausible(text: string): boolean {
  let depth = 0
  let parts = 0
  let values = 0
  let isText = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (isText) {
      if (code === BACKSLASH) i++
      else if (code === QUOTE) isText = false
    } else if (code === QUOTE) {
      isText = true
      parts++
    } else if (code === COMMA) {
      values++
    } else if (OPENING.has(code)) {
      depth++
      parts++
    } else if (CLOSING.has(code)) {
      depth--
    }
    if (depth > MOST_DEPTH || parts > MOST_PARTS || values > MOST_VALUES) return false
  }
  return true
}
