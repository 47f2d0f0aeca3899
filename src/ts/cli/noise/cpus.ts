import { readFileSync } from 'node:fs'

/** More than Linux can have. */
const MOST = 65_536

/**
 * CPU numbers of a list as the kernel writes them: `0,2-3`.
 *
 * @returns in ascending order, each once; null where it is no such list
 */
export function parseCpus(list: string): number[] | null {
  const found = new Set<number>()
  for (const part of list.split(',')) {
    const [, from = '', to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? []
    const [first, last] = [Number(from), Number(to)]
    if (from === '' || first > last || last >= MOST) return null
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

/**
 * The CPUs that this thread may run on.
 *
 * @throws {Error} where the kernel does not say
 */
export function allowedCpus(): number[] {
  const status = readFileSync('/proc/thread-self/status', 'latin1')
  const cpus = parseCpus(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '')
  if (cpus === null) throw new Error('/proc/thread-self/status does not say which CPUs may be used')
  return cpus
}
