import { digits, share, time } from '../kit/format'
import type { Cause } from './gaps'
import type { Summary } from './result'
import type { CpuNoise, Pattern } from './schema'

const TAKERS: Readonly<Record<Cause, string>> = { threads: 'other threads', interrupts: 'interrupts' }

/** A pattern, and whose it is. */
export interface Named extends Pattern {
  readonly cpu: number
  readonly cause: Cause
}

/** The patterns of all CPUs: first what takes most. */
export function patternsOf(cpus: readonly Pick<CpuNoise, 'cpu' | Cause>[]): Named[] {
  return cpus
    .flatMap(({ cpu, threads, interrupts }) => [
      ...threads.patterns.map((pattern) => ({ ...pattern, cpu, cause: 'threads' as const })),
      ...interrupts.patterns.map((pattern) => ({ ...pattern, cpu, cause: 'interrupts' as const })),
    ])
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
  return [
    ...(own.gaps > 0
      ? [`CPU ${cpu} was taken ${times(own.gaps)} by this command itself (${time(own.time)}): not counted.`]
      : []),
    ...(unfit.gaps > 0
      ? [
          `CPU ${cpu} was taken so often that ${unfit.gaps} gaps (${time(unfit.time)}) are known in sum only: use a higher --threshold.`,
        ]
      : []),
    ...(moved > 0 ? [`CPU ${cpu}: its thread was moved to another CPU ${times(moved)}.`] : []),
    ...(lost ? [`CPU ${cpu} could not be used any more after ${seconds.toFixed(1)} s.`] : []),
  ]
}

/** The CPUs of which most was taken, by number, and the others. */
export function mostTaken<T extends { readonly cpu: number; readonly taken: number }>(
  cpus: readonly T[],
  most: number,
): { shown: T[]; rest: T[] } {
  const byShare = [...cpus].sort((a, b) => b.taken - a.taken)
  const one = (some: T[]): T[] => some.sort((a, b) => a.cpu - b.cpu)
  return cpus.length <= most
    ? { shown: [...cpus], rest: [] }
    : { shown: one(byShare.slice(0, most)), rest: one(byShare.slice(most)) }
}
