import { digits, NONE, share, time } from '../kit/format'
import { CAUSES, type Cause } from './gaps'
import type { Summary } from './result'
import type { CpuNoise, Latency, Pattern } from './schema'

const TAKERS: Readonly<Record<Cause, string>> = { threads: 'other threads', interrupts: 'interrupts' }

/** A pattern, and whose it is. */
type Named = Pattern & { readonly cpu: number; readonly cause: Cause }

/** The patterns of all CPUs: first what takes most. */
export function patternsOf(cpus: readonly Pick<CpuNoise, 'cpu' | Cause>[]): Named[] {
  return cpus
    .flatMap((one) =>
      CAUSES.flatMap((cause) => one[cause].patterns.map((pattern) => ({ ...pattern, cpu: one.cpu, cause }))),
    )
    .sort((a, b) => b.share - a.share)
}

/** A pattern as a sentence. */
export function sentence({ cpu, cause, gaps, perSecond, length, share: part, every }: Named): string {
  const often = gaps === 1 ? 'once' : `${digits(perSecond)} times a second`
  const rhythm = every === null ? '' : ` (every ${time(every)})`
  return `CPU ${cpu} is taken by ${TAKERS[cause]} ${often} for ${time(length)}${rhythm}: ${share(part)} of its time.`
}

/** What has to be known of a CPU beside its figures. */
export function remarks({ cpu, seconds, own, unfit, moved, lost }: Summary): string[] {
  const times = (n: number): string => (n === 1 ? 'once' : `${n} times`)
  const all: readonly (readonly [holds: boolean, text: string])[] = [
    [own.gaps > 0, ` was taken ${times(own.gaps)} by this command itself (${time(own.time)}): not counted.`],
    [
      unfit.gaps > 0,
      ` was taken so often that ${unfit.gaps} gaps (${time(unfit.time)}) are known in sum only: use a higher --threshold.`,
    ],
    [moved > 0, `: its thread was moved to another CPU ${times(moved)}.`],
    [lost, ` could not be used any more after ${seconds.toFixed(1)} s.`],
  ]
  return all.flatMap(([holds, text]) => (holds ? `CPU ${cpu}${text}` : []))
}

/** The CPUs of which most was taken, by number, and the others. */
export function mostTaken<T extends { readonly cpu: number; readonly taken: number }>(
  cpus: readonly T[],
  most: number,
): { shown: T[]; rest: T[] } {
  const byShare = [...cpus].sort((a, b) => b.taken - a.taken)
  const byNumber = (some: T[]): T[] => some.sort((a, b) => a.cpu - b.cpu)
  return { shown: byNumber(byShare.slice(0, most)), rest: byNumber(byShare.slice(most)) }
}

/** Of some CPUs; 0 of none. */
export function mean<T>(cpus: readonly T[], of: (one: T) => number): number {
  return cpus.reduce((sum, one) => sum + of(one), 0) / (cpus.length || 1)
}

/** Of each CPU a row for each cause: the CPU, watched, taken, by, share, gaps a second, median, p99, longest. */
export function cpuRows(cpus: readonly CpuNoise[]): string[][] {
  return cpus.flatMap((one) =>
    CAUSES.map((cause, i) => {
      const { gaps, perSecond, share: part, median, p99, longest } = one[cause]
      const told = (ns: number): string => (gaps === 0 ? NONE : time(ns))
      return [
        ...(i === 0 ? [`CPU ${one.cpu}`, `${one.seconds.toFixed(1)} s`, share(one.taken)] : ['', '', '']),
        ...[cause, share(part), digits(perSecond), told(median), told(p99), told(longest)],
      ]
    }),
  )
}

/** How long some work takes: on each of these CPUs, and on any where there are several. */
export function latencyRows(all: Latency, cpus: readonly CpuNoise[]): string[][] {
  const row = (name: string, { p50, p99, p999, worst }: Latency): string[] => [
    name,
    ...[p50, p99, p999, worst].map(time),
  ]
  const rows = cpus.flatMap(({ cpu, latency }) => {
    const own = latency.find(({ work }) => work === all.work)
    return own === undefined ? [] : [row(`CPU ${cpu}`, own)]
  })
  return [...rows, ...(cpus.length > 1 ? [row('any of them', all)] : [])]
}
