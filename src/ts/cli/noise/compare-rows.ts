import { noRatios } from '../kit/comparison'
import { digits, factor, known, share, tick, time } from '../kit/format'
import { CAUSES } from './gaps'
import type { CpuNoise, NoiseResult } from './schema'
import { mean } from './words'

export type Section = ReturnType<typeof sections>[number]

/** The CPUs of one run that a section is about. */
type Cpus = readonly CpuNoise[]
type Asked = readonly [label: string, of: (cpus: Cpus) => number | null, told: (value: number) => string]

/** What is compared of CPUs. */
const ASKED: readonly Asked[] = [
  ['taken', meanOf(({ taken }) => taken), share],
  ...CAUSES.flatMap((cause): Asked[] => [
    [`${cause}: share`, meanOf((one) => one[cause].share), share],
    [`${cause}: gaps/s`, meanOf((one) => one[cause].perSecond), digits],
    [`${cause}: longest`, (cpus) => Math.max(0, ...cpus.map((one) => one[cause].longest)) || null, time],
  ]),
]
const QUANTILES = { p50: 'p50', p99: 'p99', 'p99.9': 'p999', worst: 'worst' } as const

function meanOf(of: (one: CpuNoise) => number): Asked[1] {
  return (cpus) => (cpus.length === 0 ? null : mean(cpus, of))
}

/** Why two runs have no ratios, as sentences; none where they have. */
export function doubts(a: NoiseResult, b: NoiseResult): string[] {
  return noRatios([a, b].map(({ machine }) => (machine.emulated ? 'ran on an emulated machine' : null)))
}

/** What differs between two runs that makes them hard to compare, as sentences. */
export function differences(a: NoiseResult, b: NoiseResult): string[] {
  const at = (one: NoiseResult): string => tick(one.threshold)
  return a.threshold === b.threshold
    ? []
    : [`A saw gaps of more than ${at(a)}, B of more than ${at(b)}: gaps in between are in one of them only.`]
}

/** All CPUs together, each CPU where both runs have the same ones, and latency. */
export function sections(a: NoiseResult, b: NoiseResult) {
  const numbers = ({ cpus }: NoiseResult): string => cpus.map(({ cpu }) => cpu).join()
  const same = numbers(a) === numbers(b) && a.cpus.length > 1
  // One figure in both runs; null where one has none.
  const figures = (inA: Cpus, inB: Cpus) =>
    ASKED.map(([label, of, told]) => ({ label, a: of(inA), b: of(inB), told }))
  const works = [...new Set([...a.latency, ...b.latency].map(({ work }) => work))]
  return [
    { title: 'All CPUs', rows: figures(a.cpus, b.cpus) },
    ...(same ? a.cpus : []).map((one, i) => ({
      title: `CPU ${one.cpu}`,
      rows: figures([one], b.cpus.slice(i, i + 1)),
    })),
    ...works.map((work) => ({
      title: `What needs ${tick(work)} of CPU takes`,
      rows: Object.entries(QUANTILES).map(([label, key]) => {
        const of = ({ latency }: NoiseResult) => latency.find((one) => one.work === work)?.[key] ?? null
        return { label, a: of(a), b: of(b), told: time }
      }),
    })),
  ]
}

/** A, B, and the ratio of B to A, of which there is none where A is nothing to divide by. */
export function cellsOf({ a, b, told }: Section['rows'][number]): string[] {
  const ratio = a !== null && b !== null && a > 0 ? b / a : null
  return [known(a, told), known(b, told), known(ratio, factor)]
}
