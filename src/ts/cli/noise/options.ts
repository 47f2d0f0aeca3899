import { UsageError } from '../kit/usage'
import { allowedCpus, formatCpus, parseCpus } from './cpus'

export interface Options {
  readonly seconds: number
  /** In ascending order. */
  readonly cpus: readonly number[]
  /** Nanoseconds: gaps that are not longer are not seen. */
  readonly threshold: number
  readonly json: string | null
  readonly html: string | null
  readonly coloured: boolean
}

const SECONDS = 10
const THRESHOLD_US = 1

/**
 * @param values of the command line, as commands.ts has them
 * @throws {UsageError} for CPUs that may not be used
 */
export function optionsOf(values: Record<string, unknown>): Options {
  const { seconds = SECONDS, cpus, threshold = THRESHOLD_US, json = null, html = null } = values
  return {
    seconds: seconds as number,
    cpus: chosen(cpus as string | undefined),
    threshold: (threshold as number) * 1000,
    json: json as string | null,
    html: html as string | null,
    coloured: values['no-color'] !== true,
  }
}

function chosen(list: string | undefined): number[] {
  const allowed = allowedCpus()
  if (list === undefined) return allowed
  const cpus = parseCpus(list)
  if (cpus?.every((cpu) => allowed.includes(cpu))) return cpus
  throw new UsageError(`--cpus: expected a list of ${formatCpus(allowed)}, like 0,2-3, received '${list}'`)
}
