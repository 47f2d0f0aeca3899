import { plural, tick, time } from '../kit/page/format'
import { colors, wrapped } from '../kit/terminal'
import { CAUSES } from './gaps'
import { type Column, lines } from './lines'
import type { CpuNoise, Latency, NoiseResult } from './schema'
import { mostTaken, NAMES, patternsOf, rate, remarks, sentence, share } from './words'

/** More lines than this nobody reads; the JSON has all of them. */
const MOST_CPUS = 16
const MOST_PATTERNS = 10
/** In place of a figure. */
const NONE = '–'

/** What was seen, as lines. */
export function report(result: NoiseResult): string[] {
  const { cpus, seconds, threshold, machine } = result
  const { shown, rest } = mostTaken(cpus, MOST_CPUS)
  const patterns = patternsOf(cpus)
  const more = patterns.length - MOST_PATTERNS
  return [
    ...wrapped(
      `${plural(cpus.length, 'CPU')} watched for ${seconds.toFixed(1)} s: gaps of more than ${tick(threshold)}. ${machine.cpu}, Linux ${machine.kernel}`,
    ),
    '',
    ...cpuTable(shown, rest),
    ...(patterns.length > 0 ? ['', colors.bold('Patterns')] : []),
    ...patterns.slice(0, MOST_PATTERNS).flatMap((one) => wrapped(sentence(one))),
    ...(more > 0 ? wrapped(`… and ${plural(more, 'more pattern')} that take less.`).map(colors.dim) : []),
    ...result.latency.flatMap((all, i) => ['', ...latencyTable(all, shown, i)]),
    ...notes(result),
  ]
}

function notes({ cpus, machine }: NoiseResult): string[] {
  const lines = cpus.flatMap(remarks)
  if (machine.emulated) lines.push('This machine is emulated: its times say nothing about others.')
  return lines.length === 0 ? [] : ['', ...lines.flatMap((line) => wrapped(line)).map(colors.dim)]
}

const CPU_HEADS: readonly Column[] = [
  { head: '', goes: 0, words: true },
  { head: 'watched', goes: 2 },
  { head: 'taken', goes: 0 },
  { head: 'by', goes: 1, words: true },
  { head: 'share', goes: 2 },
  { head: 'gaps/s', goes: 1 },
  { head: 'median', goes: 3 },
  { head: 'p99', goes: 2 },
  { head: 'longest', goes: 0 },
]

function cpuTable(shown: readonly CpuNoise[], rest: readonly CpuNoise[]): string[] {
  const rows = shown.flatMap((one) =>
    CAUSES.map((cause, i) => {
      const { gaps, perSecond, share: part, median, p99, longest } = one[cause]
      const told = (ns: number): string => (gaps === 0 ? NONE : time(ns))
      return [
        ...(i === 0 ? [`CPU ${one.cpu}`, `${one.seconds.toFixed(1)} s`, share(one.taken)] : ['', '', '']),
        ...[NAMES[cause], share(part), rate(perSecond), told(median), told(p99), told(longest)],
      ]
    }),
  )
  return lines(CPU_HEADS, [...rows, ...(rest.length > 0 ? sumRows(rest) : [])])
}

/** The mean of some CPUs, and the longest of all. */
function sumRows(cpus: readonly CpuNoise[]): string[][] {
  const mean = (of: (one: CpuNoise) => number): number =>
    cpus.reduce((sum, one) => sum + of(one), 0) / cpus.length
  const longest = (of: (one: CpuNoise) => number): string => {
    const most = Math.max(...cpus.map(of))
    return most === 0 ? NONE : time(most)
  }
  return CAUSES.map((cause, i) => [
    ...(i === 0 ? [`${cpus.length} others`, '', share(mean(({ taken }) => taken))] : ['', '', '']),
    NAMES[cause],
    share(mean((one) => one[cause].share)),
    rate(mean((one) => one[cause].perSecond)),
    ...['', '', longest((one) => one[cause].longest)],
  ])
}

const LATENCY_HEADS: readonly Column[] = [
  { head: '', goes: 0, words: true },
  { head: 'p50', goes: 3 },
  { head: 'p99', goes: 0 },
  { head: 'p99.9', goes: 2 },
  { head: 'worst', goes: 0 },
]

function latencyTable(all: Latency, cpus: readonly CpuNoise[], which: number): string[] {
  const row = (name: string, { p50, p99, p999, worst }: Latency): string[] => [
    name,
    ...[p50, p99, p999, worst].map(time),
  ]
  const rows = cpus.flatMap(({ cpu, latency }) => {
    const own = latency[which]
    return own === undefined ? [] : [row(`CPU ${cpu}`, own)]
  })
  return [
    ...wrapped(`What needs ${tick(all.work)} of CPU takes:`).map(colors.bold),
    ...lines(LATENCY_HEADS, [...rows, ...(cpus.length > 1 ? [row('any of them', all)] : [])]),
  ]
}
