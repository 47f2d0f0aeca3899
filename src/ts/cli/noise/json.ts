import { jsonText } from '../kit/json'
import type { NoiseResult } from './schema'

/** A list of numbers is one line: there are many of them. */
export function document(result: NoiseResult): string {
  const text = jsonText(result)
  return `${text.replace(/\[\s+(-?[\d.e+-]+(?:,\s+-?[\d.e+-]+)*)\s+\]/g, (_, list: string) => `[${list.replace(/\s+/g, '')}]`)}\n`
}
