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

const CPU_HEADS = [
  LABEL,
  ...[head('watched', 2), head('taken', 0)],
  { ...head('by', 1), words: true as const },
  ...[head('share', 2), head('gaps/s', 1), head('median', 3), head('p99', 2), head('longest', 0)],
]
const LATENCY_HEADS = [LABEL, head('p50', 3), head('p99', 0), head('p99.9', 2), head('worst', 0)]

function head(name: string, goes: number): Column {
  return { head: name, goes }
}

/** The mean of some CPUs, and the longest of all. */
function sumRows(cpus: readonly CpuNoise[]): string[][] {
  if (cpus.length === 0) return []
  return CAUSES.map((cause, i) => {
    const longest = Math.max(...cpus.map((one) => one[cause].longest))
    return [
      ...(i === 0 ? [`${cpus.length} others`, '', share(mean(cpus, ({ taken }) => taken))] : ['', '', '']),
      ...[
        cause,
        share(mean(cpus, (one) => one[cause].share)),
        digits(mean(cpus, (one) => one[cause].perSecond)),
      ],
      ...['', '', longest === 0 ? NONE : time(longest)],
    ]
  })
}
