import Table from 'cli-table3'
import { percent, plural, whole } from '../kit/format'
import { colors, wrapped } from '../kit/terminal'

/** What the demo counted. */
export interface DemoResult {
  /** What every sum must be. */
  readonly total: number
  /** Per CPU, the overflow cell last. */
  readonly cells: readonly bigint[]
  readonly sum: bigint
  readonly shared: bigint
  /** Nanoseconds: per CPU, shared. */
  readonly elapsed: readonly number[]
}

/** The demo's results, as lines. */
export function results({ total, cells, sum, shared, elapsed }: DemoResult): string[] {
  const [perCpu = 0, atomics = 0] = elapsed.map((ns) => ns / total)
  return [
    cellTable(cells, sum, total),
    table(
      ['', 'sum', 'ns/inc'],
      [
        ['PerCpuCounter', verdict(sum, total), perCpu.toFixed(2)],
        ['shared Atomics.add', verdict(shared, total), atomics.toFixed(2)],
      ],
    ),
    ...wrapped(ratio(perCpu, atomics)).map(colors.bold),
    ...wrapped(
      'ns/inc: ns per increment, wall-clock time from the first start to the last end by all increments.',
    ).map(colors.dim),
  ]
}

/** Cells that hold something, and the overflow cell; the others in one row. */
function cellTable(cells: readonly bigint[], sum: bigint, total: number): string {
  const row = (name: string, n: bigint): string[] => [name, whole(n), percent(Number(n) / total)]
  const filled = cells.slice(0, -1).flatMap((n, cpu) => (n === 0n ? [] : [row(String(cpu), n)]))
  const empty = cells.length - 1 - filled.length
  return table(
    ['CPU', 'increments', 'share'],
    [
      ...filled,
      ...(empty > 0 ? [row(plural(empty, 'other'), 0n)] : []),
      row('overflow', cells.at(-1) ?? 0n),
      [colors.bold('sum'), colors.bold(whole(sum)), verdict(sum, total)],
    ],
  )
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const table = new Table({
    head: head.map(colors.bold),
    colAligns: ['left', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  })
  table.push(...rows)
  return table.toString()
}

function verdict(sum: bigint, total: number): string {
  const difference = sum - BigInt(total)
  if (difference === 0n) return colors.green('exact')
  return colors.red(`off by ${difference > 0n ? '+' : ''}${whole(difference)}`)
}

function ratio(perCpu: number, atomics: number): string {
  const isFast = perCpu <= atomics
  const times = (isFast ? atomics / perCpu : perCpu / atomics).toFixed(1)
  return `PerCpuCounter is ${times} times as ${isFast ? 'fast' : 'slow'}.`
}
