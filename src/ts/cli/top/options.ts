import { UsageError } from '../kit/usage'
import type { Sort } from './rows'

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

/**
 * @param values of the command line, as commands.ts has them
 * @throws {UsageError} for options that do not go together
 */
export function optionsOf(values: Record<string, unknown>): Options {
  const { html, seconds, interval, sort = 'rate', filter = '' } = values
  const json = values.json === true
  const once = json || values.once === true
  if (once && html !== undefined) throw new UsageError("'--html' records: it does not go with '--once'")
  if (once && seconds !== undefined) throw new UsageError("'--seconds' does not go with '--once'")
  return {
    once,
    json,
    html: (html as string | undefined) ?? null,
    seconds: (seconds as number | undefined) ?? null,
    interval: (interval as number | undefined) ?? 1,
    timed: interval !== undefined,
    sort: sort as Sort,
    filter: filter as string,
    coloured: values['no-color'] !== true,
  }
}
