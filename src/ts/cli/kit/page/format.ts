/*
 * Figures as people read them, the same in the terminal, in tables and in charts. No imports: the page's own
 * script contains this file too.
 */

/** Three digits at most: more than that is noise. */
export function digits(value: number): string {
  if (value >= 100 || value === 0) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(value >= 10 ? 1 : 2)
}

const UNITS = [
  ['ns', 1],
  ['µs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
] as const

function unitOf(ns: number): (typeof UNITS)[number] {
  // 999.5 would be shown as 1,000 of the smaller unit.
  return UNITS.find(([, size]) => ns < 999.5 * size) ?? UNITS[3]
}

/** Nanoseconds, in the unit that suits them. */
export function time(ns: number): string {
  const [unit, size] = unitOf(ns)
  return `${digits(ns / size)} ${unit}`
}

/** A scale's mark: `time` without needless zeros. */
export function tick(ns: number): string {
  const [unit, size] = unitOf(ns)
  return `${Number((ns / size).toPrecision(3))} ${unit}`
}

/** From one time to another, in the unit that suits the second. */
export function timeSpan(low: number, high: number): string {
  const [unit, size] = unitOf(high)
  return `${digits(low / size)}–${digits(high / size)} ${unit}`
}

/** So many times. */
export function factor(value: number): string {
  return `${digits(value)}×`
}

/** So many times, roughly. */
export function times(value: number): string {
  return `${value >= 100 ? whole(Math.round(value)) : value.toFixed(1)}×`
}

/** From so many times to so many. */
export function factorSpan(low: number, high: number): string {
  return `${digits(low)}–${digits(high)}`
}

/** A whole number, with separators. */
export function whole(value: number): string {
  return value.toLocaleString('en-US')
}

/** A share of 1. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`
}

/** So much memory. */
export function memory(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`
}

/** A number of things, and their name. */
export function plural(count: number, one: string): string {
  return `${whole(count)} ${one}${count === 1 ? '' : 's'}`
}
