import { tick, time } from '../kit/page/format'
import { CAUSES } from './gaps'
import type { CpuNoise, NoiseResult } from './schema'
import { NAMES, rate, share } from './words'

/** One figure in both runs; null where one has none. */
export interface Row {
  readonly label: string
  readonly a: number | null
  readonly b: number | null
  /** B by A; null where ratios are withheld, or one has nothing to divide. */
  readonly ratio: number | null
  told(value: number): string
}

export interface Section {
  readonly title: string
  readonly rows: readonly Row[]
}

/** The CPUs of one run that a section is about. */
type Group = readonly CpuNoise[]

/** Why two runs have no ratios, as sentences; none where they have. */
export function doubts(a: NoiseResult, b: NoiseResult): string[] {
  return Object.entries({ A: a, B: b })
    .filter(([, { machine }]) => machine.emulated)
    .map(([name]) => `No ratios: ${name} ran on an emulated machine.`)
}

/** What differs between two runs that makes them hard to compare, as sentences. */
export function differences(a: NoiseResult, b: NoiseResult): string[] {
  const at = (one: NoiseResult): string => tick(one.threshold)
  return a.threshold === b.threshold
    ? []
    : [`A saw gaps of more than ${at(a)}, B of more than ${at(b)}: gaps in between are in one of them only.`]
}

/** All CPUs together, each CPU where both runs have the same ones, and latency. */
export function sections(a: NoiseResult, b: NoiseResult): Section[] {
  const withRatios = doubts(a, b).length === 0
  const numbers = ({ cpus }: NoiseResult): string => cpus.map(({ cpu }) => cpu).join()
  const same = numbers(a) === numbers(b) && a.cpus.length > 1
  const row = (label: string, of: (run: NoiseResult) => number | undefined, told: Row['told']): Row =>
    rowOf(label, of(a) ?? null, of(b) ?? null, withRatios, told)
  const works = [...new Set([...a.latency, ...b.latency].map(({ work }) => work))]
  return [
    { title: 'All CPUs', rows: figures(a.cpus, b.cpus, withRatios) },
    ...(same ? a.cpus : []).map((cpu, i) => ({
      title: `CPU ${cpu.cpu}`,
      rows: figures([cpu], b.cpus.slice(i, i + 1), withRatios),
    })),
    ...works.map((work) => ({
      title: `What needs ${tick(work)} of CPU takes`,
      rows: (['p50', 'p99', 'p999', 'worst'] as const).map((key) =>
        row(
          key === 'p999' ? 'p99.9' : key,
          ({ latency }) => latency.find((one) => one.work === work)?.[key],
          time,
        ),
      ),
    })),
  ]
}

function figures(a: Group, b: Group, withRatios: boolean): Row[] {
  const row = (label: string, of: (group: Group) => number | null, told: Row['told']): Row =>
    rowOf(label, of(a), of(b), withRatios, told)
  return [
    row(
      'taken',
      mean(({ taken }) => taken),
      share,
    ),
    ...CAUSES.flatMap((cause) => [
      row(
        `${NAMES[cause]}: share`,
        mean((one) => one[cause].share),
        share,
      ),
      row(
        `${NAMES[cause]}: gaps/s`,
        mean((one) => one[cause].perSecond),
        rate,
      ),
      row(
        `${NAMES[cause]}: longest`,
        longest((one) => one[cause].longest),
        time,
      ),
    ]),
  ]
}

function mean(of: (one: CpuNoise) => number): (group: Group) => number | null {
  return (group) => (group.length === 0 ? null : group.reduce((sum, one) => sum + of(one), 0) / group.length)
}

function longest(of: (one: CpuNoise) => number): (group: Group) => number | null {
  return (group) => Math.max(0, ...group.map(of)) || null
}

function rowOf(
  label: string,
  a: number | null,
  b: number | null,
  withRatios: boolean,
  told: Row['told'],
): Row {
  return { label, a, b, ratio: withRatios && a !== null && b !== null && a > 0 ? b / a : null, told }
}
