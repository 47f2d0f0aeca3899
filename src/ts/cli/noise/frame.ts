import type { Colors } from 'picocolors/types'
import { bar } from '../kit/bars'
import { digits, NONE, plural, share, tick, time } from '../kit/format'
import type { Size } from '../kit/screen'
import { cut, flow, padded } from '../kit/text'
import type { Options } from './options'
import type { Summary } from './result'
import { mean, mostTaken, patternsOf, remarks, sentence } from './words'

/** What a picture is made of. */
export interface View {
  /** Of the last {@link WINDOW} seconds. */
  readonly cpus: readonly Summary[]
  readonly options: Pick<Options, 'seconds' | 'threshold'>
  /** Seconds since it began. */
  readonly elapsed: number
}

/** Seconds that the picture is about: long enough for what comes once a second. */
export const WINDOW = 10
/** Lines for patterns, where there is room for them beside a few CPUs. */
const PATTERN_LINES = 6
const LEAST_CPU_LINES = 4

const [CPU, SHARE, RATE, TIME] = [10, 9, 8, 9]
/** Narrower than this, a bar says nothing. */
const LEAST_BAR = 8

/** Threads first; interrupts look different without colours too. */
function bars({ threads, interrupts }: Summary, most: number, width: number, paint: Colors): string {
  const whole = Math.round((threads.share / most) * width)
  const both = Math.max(whole, Math.round(((threads.share + interrupts.share) / most) * width))
  return paint.cyan(bar(1, whole)) + paint.yellow('░'.repeat(Math.min(width, both) - whole))
}

function cpuLines({ cpus }: View, columns: number, lines: number, paint: Colors): string[] {
  const { shown, rest } = mostTaken(cpus, cpus.length <= lines ? lines : Math.max(1, lines - 1))
  const most = Math.max(...shown.map(({ taken }) => taken), 1e-6)
  const widths = [
    SHARE,
    columns < CPU + SHARE + RATE + TIME ? 0 : RATE,
    columns < CPU + SHARE + TIME ? 0 : TIME,
  ]
  const room = columns - widths.reduce((sum, width) => sum + width, CPU + 2)
  const line = (name: string, cells: readonly string[]): string =>
    cut(
      padded(name, CPU) + cells.map((cell, i) => padded(cell, widths[i] as number, 'right')).join(''),
      columns,
    )
  const others = [
    share(mean(rest, ({ taken }) => taken)),
    '',
    time(Math.max(...rest.map(({ longest }) => longest))),
  ]
  return [
    paint.bold(line('', ['taken', 'gaps/s', 'longest'])),
    ...shown.map((one) => {
      const { cpu, taken, threads, interrupts, longest } = one
      const perSecond = digits(threads.perSecond + interrupts.perSecond)
      const told = line(`CPU ${cpu}`, [share(taken), perSecond, longest === 0 ? NONE : time(longest)])
      return room < LEAST_BAR ? told : `${told}  ${bars(one, most, room, paint)}`
    }),
    ...(rest.length > 0 ? [line(`${rest.length} more`, others)] : []),
  ]
}

/** The whole screen: at most as many lines, and each at most as wide as it is. */
export function frame(view: View, { columns, rows }: Size, paint: Colors): string[] {
  const { cpus, options, elapsed } = view
  const head = flow(
    [
      'rseq noise',
      plural(cpus.length, 'CPU'),
      `${Math.floor(elapsed)} of ${options.seconds} s`,
      `gaps of more than ${tick(options.threshold)}`,
    ],
    columns,
  )[0] as string
  // The head, the table's own, a line between, the keys.
  const free = rows - 4
  const sentences = [...patternsOf(cpus).map(sentence), ...cpus.flatMap(remarks)]
  const wanted = Math.min(PATTERN_LINES, sentences.length)
  const below = free - wanted >= Math.min(cpus.length, LEAST_CPU_LINES) ? wanted : 0
  const lines = [
    paint.bold(head),
    ...cpuLines(view, columns, Math.max(1, free - below), paint),
    ...(below > 0 ? ['', ...sentences.slice(0, rows).map((text) => cut(text, columns))] : []),
  ].slice(0, Math.max(0, rows - 1))
  while (lines.length < rows - 1) lines.push('')
  const legend = [
    `last ${WINDOW} s`,
    `${paint.cyan('█')} threads`,
    `${paint.yellow('░')} interrupts`,
    'q end',
  ]
  return [...lines, columns < 50 ? cut('q end', columns) : paint.dim(legend.join('  '))]
}
