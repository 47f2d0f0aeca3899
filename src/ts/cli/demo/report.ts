import Table from 'cli-table3'
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

const PLAIN = { head: [], border: [] }

/** With separators, as people write it in English. */
export function number(n: number | bigint): string {
  return n.toLocaleString('en-US')
}

/** The demo's results, as lines. */
export function results({ total, cells, sum, shared, elapsed }: DemoResult): string[] {
  const [perCpu = 0, atomics = 0] = elapsed.map((ns) => ns / total)
  return [
    cellTable(cells, sum, total),
    comparison([
      ['PerCpuCounter', verdict(sum, total), perCpu.toFixed(2)],
      ['shared Atomics.add', verdict(shared, total), atomics.toFixed(2)],
    ]),
    ...wrapped(ratio(perCpu, atomics)).map(colors.bold),
    ...wrapped(
      'ns/inc: ns per increment, wall-clock time from the first start to the last end by all increments.',
    ).map(colors.dim),
  ]
}

/** Cells that hold something, and the overflow cell; the others in one row. */
function cellTable(cells: readonly bigint[], sum: bigint, total: number): string {
  const table = new Table({
    head: ['CPU', 'increments', 'share'].map(colors.bold),
    colAligns: ['left', 'right', 'right'],
    style: { ...PLAIN, compact: true },
  })
  const row = (name: string, n: bigint): void => {
    table.push([name, number(n), `${((100 * Number(n)) / total).toFixed(1)}%`])
  }
  const last = cells.length - 1
  let empty = 0
  for (const [cpu, n] of cells.slice(0, last).entries()) {
    if (n === 0n) empty++
    else row(String(cpu), n)
  }
  if (empty > 0) row(`${empty} other${empty === 1 ? '' : 's'}`, 0n)
  row('overflow', cells[last] ?? 0n)
  table.push([colors.bold('sum'), colors.bold(number(sum)), verdict(sum, total)])
  return table.toString()
}

function comparison(rows: string[][]): string {
  const table = new Table({
    head: ['', 'sum', 'ns/inc'].map(colors.bold),
    colAligns: ['left', 'right', 'right'],
    style: { ...PLAIN, compact: true },
  })
  table.push(...rows)
  return table.toString()
}

function verdict(sum: bigint, total: number): string {
  const difference = sum - BigInt(total)
  if (difference === 0n) return colors.green('exact')
  return colors.red(`off by ${difference > 0n ? '+' : ''}${number(difference)}`)
}

function ratio(perCpu: number, atomics: number): string {
  return perCpu <= atomics
    ? `PerCpuCounter is ${(atomics / perCpu).toFixed(1)} times as fast.`
    : `PerCpuCounter is ${(perCpu / atomics).toFixed(1)} times as slow.`
}
