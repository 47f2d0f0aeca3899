/*
 * Numbers, times and counts as people read them, the same in the terminal, in tables and in charts.
 */

/** In place of what there is no number for. */
export const NONE = '–'

/** What `told` says of a value; a dash where there is none. */
export function known<T>(value: T | null | undefined, told: (value: T) => string): string {
  return value === null || value === undefined ? NONE : told(value)
}

/** Three digits at most: more than that is noise. */
export function digits(value: number): string {
  if (value >= 99.95 || value === 0) return whole(Math.round(value))
  return value.toFixed(value >= 9.995 ? 1 : 2)
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
  return `${value >= 100 ? digits(value) : value.toFixed(1)}×`
}

/** From so many times to so many. */
export function factorSpan(low: number, high: number): string {
  return `${digits(low)}–${digits(high)}`
}

/** A whole number, with separators. */
export function whole(value: number | bigint): string {
  return value.toLocaleString('en-US')
}

/** A share of 1. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`
}

/** A share of 1 that may be very small: two digits at least, and no more zeros than there are: 6.0 %, 0.031 %. */
export function share(part: number): string {
  const percent = 100 * part
  if (percent === 0) return '0 %'
  if (percent >= 1) return `${percent.toFixed(1)} %`
  return percent < 0.001 ? '< 0.001 %' : `${percent.toFixed(percent < 0.01 ? 3 : 2)} %`
}

/** A number of things, and their name. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`
}

const THOUSANDS = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const

/** Three digits that say something, and no more zeros than that takes. */
function significant(x: number): string {
  const text = x.toPrecision(3)
  return text.includes('e') ? x.toExponential(1) : String(Number(text))
}

/** Any number, in at most seven columns: 12.3k, 0.00213, NaN. */
export function compact(x: number): string {
  if (!Number.isFinite(x)) return String(x).replace('Infinity', '∞')
  const size = Math.abs(x)
  if (size < 999.5) return size !== 0 && size < 0.001 ? x.toExponential(1) : significant(x)
  const power = Math.min(THOUSANDS.length - 1, Math.floor(Math.log10(size * (1 + 5e-4)) / 3))
  const scaled = x / 1000 ** power
  return Math.abs(scaled) < 1000 ? significant(scaled) + THOUSANDS[power] : x.toExponential(1)
}

/** Any number, with all its digits: 1,234,567. */
export function exact(x: number): string {
  return Number.isInteger(x) && Math.abs(x) < 1e21 ? whole(x) : compact(x)
}

/** Nanoseconds of a unit of time, by the names that it has. */
const NANOSECONDS = new Map([
  ...['seconds', 's'].map((name) => [name, 1e9] as const),
  ...['milliseconds', 'ms'].map((name) => [name, 1e6] as const),
  ...['microseconds', 'us'].map((name) => [name, 1e3] as const),
  ...['nanoseconds', 'ns'].map((name) => [name, 1] as const),
])

/** In the unit that its maker said: times and bytes in a size to read. */
export function amount(x: number, unit: string): string {
  const nanoseconds = NANOSECONDS.get(unit)
  if (!Number.isFinite(x) || x === 0) return compact(x)
  if (nanoseconds !== undefined) {
    const time = x * nanoseconds
    const [name, size] = unitOf(Math.abs(time))
    return `${compact(time / size)}${name}`
  }
  return unit === 'bytes' ? `${compact(x)}B` : compact(x)
}

/**
 * Seconds of one of what a metric is in, by its unit, or where its maker has said none, by its name as Prometheus wants
 * them: `_seconds`. Null of what is no time.
 */
export function secondsOf(name: string, unit: string): number | null {
  const nanoseconds = NANOSECONDS.get(unit === '' ? (/_([a-z]+)$/.exec(name)?.[1] ?? '') : unit)
  return nanoseconds === undefined ? null : nanoseconds / 1e9
}

/** 45 s, 12 min, 3 h 20 min, 5 d 4 h. */
export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (hours >= 24) return `${Math.floor(hours / 24)} d ${hours % 24} h`
  if (hours > 0) return `${hours} h ${minutes % 60} min`
  return minutes > 0 ? `${minutes} min` : `${Math.floor(seconds)} s`
}
