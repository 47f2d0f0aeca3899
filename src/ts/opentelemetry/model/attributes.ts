import type { Attributes, AttributeValue } from '@opentelemetry/api'

/*
 * Attributes as a region's labels, which are strings. A string is itself; what is not begins with the mark, JSON behind
 * it. So does a string that begins with the mark, and a key that this package could take for its own.
 */
const MARK = '\u0001'
const OWN = 'rseq.'

/** Labels in the order of their keys. */
export type Labels = Readonly<Record<string, string>>

function textOf(value: AttributeValue): string {
  if (typeof value !== 'string') {
    // JSON has no NaN and no Infinity.
    return MARK + (typeof value === 'number' ? String(value) : JSON.stringify(value))
  }
  return value.startsWith(MARK) ? MARK + JSON.stringify(value) : value.toWellFormed()
}

/** @param attributes anything: what a caller passed. Keys without a value are left out. */
export function labelsOf(attributes: Attributes): Labels {
  const labels: [key: string, text: string][] = []
  for (const key of Object.keys(attributes).sort()) {
    const value = attributes[key]
    if (value === undefined || value === null) continue
    const wellFormed = key.toWellFormed()
    const isMarked = key.startsWith(OWN) || key.startsWith(MARK)
    labels.push([isMarked ? MARK + wellFormed : wellFormed, textOf(value)])
  }
  // Own properties, __proto__ too.
  return Object.fromEntries(labels)
}

const isPlain = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value)

function valueIn(text: string): AttributeValue {
  if (!text.startsWith(MARK)) return text
  const json = text.slice(MARK.length)
  const number = Number(json)
  if (!Number.isNaN(number) || json === 'NaN') return number
  try {
    const value: unknown = JSON.parse(json)
    const isValue = Array.isArray(value) ? value.every((one) => one === null || isPlain(one)) : isPlain(value)
    return isValue ? (value as AttributeValue) : json
  } catch {
    return json // of somebody else's making
  }
}

/** The attributes that {@link labelsOf} was given, with their types. */
export function attributesOf(labels: Labels): Attributes {
  const pairs = Object.entries(labels).map(([key, text]) => [
    key.startsWith(MARK) ? key.slice(MARK.length) : key,
    valueIn(text),
  ])
  return Object.fromEntries(pairs)
}
