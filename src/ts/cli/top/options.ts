import { UsageError } from '../arguments'
import { SORTS, type Sort } from './rows'

/** Of `rseq top`, for `parseArgs`. */
export const OPTIONS = {
  once: { type: 'boolean' },
  json: { type: 'boolean' },
  html: { type: 'string' },
  seconds: { type: 'string' },
  interval: { type: 'string' },
  sort: { type: 'string' },
  filter: { type: 'string' },
  'no-color': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** What they say, for people. */
export const TEXTS: readonly (readonly [string, string])[] = [
  ['--once', 'print one table and end; what happens where the output is no terminal'],
  ['--json', 'the same as JSON: every metric, with per-CPU values and buckets'],
  ['--html FILE', 'record, and write a page with charts of rates and percentiles'],
  ['--seconds N', 'how long to record, or to run: 1 to 86400; a recording 10'],
  ['--interval S', 'seconds from look to look: 0.1 to 3600 (1); with --once, how long to wait for rates'],
  ['--sort KEY', 'rate, total or name (rate)'],
  ['--filter TEXT', 'only what has it in name, labels or kind'],
  ['--no-color', 'no colours; NO_COLOR=1 says the same'],
  ['-h, --help', 'print this help'],
]

export interface Options {
  readonly once: boolean
  readonly json: boolean
  readonly html: string | null
  readonly seconds: number | null
  readonly interval: number
  /** Somebody chose it. */
  readonly timed: boolean
  readonly sort: Sort
  readonly filter: string
  readonly coloured: boolean
}

function number(values: Record<string, unknown>, name: string, least: number, most: number): number | null {
  const text = values[name]
  if (text === undefined) return null
  const value = typeof text === 'string' && /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new UsageError(`--${name}: expected a number, ${least} to ${most}, received '${text}'`)
}

function text(values: Record<string, unknown>, name: string): string | null {
  const value = values[name]
  if (value === undefined) return null
  if (typeof value === 'string' && value !== '') return value
  throw new UsageError(`'--${name}' needs a value`)
}

/** @throws {UsageError} naming the first thing that makes no sense */
export function optionsOf(values: Record<string, unknown>): Options {
  const html = text(values, 'html')
  const json = values.json === true
  const once = json || values.once === true
  const seconds = number(values, 'seconds', 1, 86_400)
  const interval = number(values, 'interval', 0.1, 3600)
  const sort = text(values, 'sort') ?? 'rate'
  if (!SORTS.includes(sort as Sort)) {
    throw new UsageError(`--sort: expected ${SORTS.join(', ')}, received '${sort}'`)
  }
  if (once && html !== null) throw new UsageError("'--html' records: it does not go with '--once'")
  if (once && seconds !== null) throw new UsageError("'--seconds' does not go with '--once'")
  return {
    once,
    json,
    html,
    seconds,
    interval: interval ?? 1,
    timed: interval !== null,
    sort: sort as Sort,
    filter: text(values, 'filter') ?? '',
    coloured: values['no-color'] !== true && values.color !== false,
  }
}
