import { readFileSync } from 'node:fs'
import { MOST_CPUS } from '../kit/limits'
import { UsageError, type Values } from '../kit/usage'

/** Of the command line, as commands.ts has them. */
interface Wishes {
  readonly seconds?: number
  readonly cpus?: string
  readonly threshold?: number
  readonly json?: string
  readonly html?: string
  readonly 'no-color'?: boolean
}

export type Options = Readonly<ReturnType<typeof optionsOf>>

/** @throws {UsageError} for CPUs that may not be used */
export function optionsOf(values: Values) {
  const { seconds = 10, cpus, threshold = 1, json, html, 'no-color': plain = false } = values as Wishes
  return {
    seconds,
    /** In ascending order. */
    cpus: chosen(cpus),
    /** Nanoseconds: gaps that are not longer are not seen. */
    threshold: threshold * 1000,
    json,
    html,
    coloured: !plain,
  }
}

function chosen(list: string | undefined): number[] {
  const allowed = allowedCpus()
  if (list === undefined) return allowed
  const cpus = parseCpus(list)
  if (cpus?.every((cpu) => allowed.includes(cpu))) return cpus
  throw new UsageError(`--cpus: expected a list of ${formatCpus(allowed)}, like 0,2-3, received '${list}'`)
}

/** CPU numbers of a list as the kernel writes them, `0,2-3`: ascending, each once; null where it is no such list. */
export function parseCpus(list: string): number[] | null {
  const found = new Set<number>()
  for (const part of list.split(',')) {
    const [, from = '', to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? []
    const [first, last] = [Number(from), Number(to)]
    if (from === '' || first > last || last >= MOST_CPUS) return null
    for (let cpu = first; cpu <= last; cpu++) found.add(cpu)
  }
  return [...found].sort((a, b) => a - b)
}

/** The other way round. */
export function formatCpus(cpus: readonly number[]): string {
  const parts: string[] = []
  for (let i = 0; i < cpus.length; ) {
    let end = i
    while (cpus[end + 1] === (cpus[end] as number) + 1) end++
    parts.push(end > i ? `${cpus[i]}-${cpus[end]}` : `${cpus[i]}`)
    i = end + 1
  }
  return parts.join(',')
}

/** The CPUs that this thread may run on. @throws {Error} where the kernel does not say */
export function allowedCpus(): number[] {
  const status = readFileSync('/proc/thread-self/status', 'latin1')
  const cpus = parseCpus(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '')
  if (cpus === null) throw new Error('/proc/thread-self/status does not say which CPUs may be used')
  return cpus
}
