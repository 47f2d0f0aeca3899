import { digits, NONE, share, time } from '../kit/format'
import { CAUSES } from './gaps'
import type { CpuNoise, Latency } from './schema'

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
