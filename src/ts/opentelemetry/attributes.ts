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
  const labels: Record<string, string> = {}
  for (const key of Object.keys(attributes).sort()) {
    const value = attributes[key]
    if (value === undefined || value === null) continue
    const wellFormed = key.toWellFormed()
    labels[key.startsWith(OWN) || key.startsWith(MARK) ? MARK + wellFormed : wellFormed] = textOf(value)
  }
  return labels
}

function valueIn(text: string): AttributeValue {
  if (!text.startsWith(MARK)) return text
  const json = text.slice(MARK.length)
  const number = Number(json)
  if (!Number.isNaN(number) || json === 'NaN') return number
  try {
    return JSON.parse(json) as AttributeValue
  } catch {
    return json // of somebody else's making
  }
}

/** The attributes that {@link labelsOf} was given, with their types. */
export function attributesOf(labels: Labels): Attributes {
  const attributes: Attributes = {}
  for (const [key, text] of Object.entries(labels)) {
    attributes[key.startsWith(MARK) ? key.slice(MARK.length) : key] = valueIn(text)
  }
  return attributes
}
