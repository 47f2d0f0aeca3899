import { type Column, LABEL, lines } from '../kit/columns'
import { digits, NONE, plural, share, tick, time } from '../kit/format'
import { colors, wrapped } from '../kit/terminal'
import { CAUSES } from './gaps'
import type { CpuNoise, NoiseResult } from './schema'
import { cpuRows, latencyRows, mean, mostTaken, patternsOf, remarks, sentence } from './words'

/** More lines than this nobody reads; the JSON has all of them. */
const MOST_CPUS = 16
const MOST_PATTERNS = 10

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
    ...lines(CPU_HEADS, [...cpuRows(shown), ...sumRows(rest)]),
    ...(patterns.length > 0 ? ['', colors.bold('Patterns')] : []),
    ...patterns.slice(0, MOST_PATTERNS).flatMap((one) => wrapped(sentence(one))),
    ...(more > 0 ? wrapped(`… and ${plural(more, 'more pattern')} that take less.`).map(colors.dim) : []),
    ...result.latency.flatMap((all) => [
      '',
      ...wrapped(`What needs ${tick(all.work)} of CPU takes:`).map(colors.bold),
      ...lines(LATENCY_HEADS, latencyRows(all, shown)),
    ]),
    ...notes(result),
  ]
}

function notes({ cpus, machine }: NoiseResult): string[] {
  const lines = cpus.flatMap(remarks)
  if (machine.emulated) lines.push('This machine is emulated: its times say nothing about others.')
  return lines.length === 0 ? [] : ['', ...lines.flatMap((line) => wrapped(line)).map(colors.dim)]
}

const CPU_HEADS: readonly Column[] = [
  LABEL,
  ...heads({ watched: 2, taken: 0 }),
  { head: 'by', goes: 1, words: true },
  ...heads({ share: 2, 'gaps/s': 1, median: 3, p99: 2, longest: 0 }),
]
const LATENCY_HEADS = [LABEL, ...heads({ p50: 3, p99: 0, 'p99.9': 2, worst: 0 })]

function heads(goes: Readonly<Record<string, number>>): Column[] {
  return Object.entries(goes).map(([head, first]) => ({ head, goes: first }))
}

/** The mean of some CPUs, and the longest of all. */
function sumRows(cpus: readonly CpuNoise[]): string[][] {
  if (cpus.length === 0) return []
  return CAUSES.map((cause, i) => {
    const longest = Math.max(...cpus.map((one) => one[cause].longest))
    const part = mean(cpus, (one) => one[cause].share)
    const perSecond = mean(cpus, (one) => one[cause].perSecond)
    return [
      ...(i === 0 ? [`${cpus.length} others`, '', share(mean(cpus, ({ taken }) => taken))] : ['', '', '']),
      ...[cause, share(part), digits(perSecond), '', '', longest === 0 ? NONE : time(longest)],
    ]
  })
}
