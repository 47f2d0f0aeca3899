/** In place of what there is no number for. */
export const NONE = '–'

const THOUSANDS = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const

/** Nanoseconds of a unit of time, by the names that it has. */
const NANOSECONDS = new Map([
  ['seconds', 1e9],
  ['s', 1e9],
  ['milliseconds', 1e6],
  ['ms', 1e6],
  ['microseconds', 1e3],
  ['us', 1e3],
  ['nanoseconds', 1],
  ['ns', 1],
])
const TIMES = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
] as const

/** Three digits that say something, and no more zeros than that takes. */
function digits(x: number): string {
  const text = x.toPrecision(3)
  return text.includes('e') ? x.toExponential(1) : String(Number(text))
}

/** In at most seven columns: 12.3k, 0.00213, NaN. */
export function compact(x: number): string {
  if (!Number.isFinite(x)) return String(x).replace('Infinity', '∞')
  const size = Math.abs(x)
  if (size < 999.5) return size !== 0 && size < 0.001 ? x.toExponential(1) : digits(x)
  const power = Math.min(THOUSANDS.length - 1, Math.floor(Math.log10(size * (1 + 5e-4)) / 3))
  const scaled = x / 1000 ** power
  return Math.abs(scaled) < 1000 ? digits(scaled) + THOUSANDS[power] : x.toExponential(1)
}

/** In the unit that its maker said: times and bytes in a size to read. */
export function amount(x: number, unit: string): string {
  const nanoseconds = NANOSECONDS.get(unit)
  if (!Number.isFinite(x) || x === 0) return compact(x)
  if (nanoseconds !== undefined) {
    const time = x * nanoseconds
    const [scale, name] = TIMES.find(([scale]) => Math.abs(time) >= scale * 0.9995) ?? [1, 'ns']
    return `${compact(time / scale)}${name}`
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

const DIGITS = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** With all its digits: 1,234,567. */
export function exact(x: number): string {
  return Number.isInteger(x) && Math.abs(x) < 1e21 ? DIGITS.format(x) : compact(x)
}

/** 45 s, 12 min, 3 h 20 min, 5 d 4 h. */
export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (hours >= 24) return `${Math.floor(hours / 24)} d ${hours % 24} h`
  if (hours > 0) return `${hours} h ${minutes % 60} min`
  return minutes > 0 ? `${minutes} min` : `${Math.floor(seconds)} s`
}
