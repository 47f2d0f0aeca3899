import process from 'node:process'
import { PerCpuCounter, status } from '../../index'
import { plural, whole } from '../kit/format'
import { print } from '../kit/output'
import { progressBar } from '../kit/progress'
import { endOnSignals } from '../kit/signals'
import { columns, wrap, wrapped } from '../kit/terminal'
import { UsageError, type Values } from '../kit/usage'
import { COUNTER } from './memory'
import { race } from './race'
import { results } from './report'

/** What the shared cell can hold. */
const MOST_INCREMENTS = 2 ** 32 - 1

/** `rseq demo`: per-CPU counting and its price, beside one shared cell. */
export async function run(_: string[], values: Values): Promise<void> {
  const { workers, increments } = { workers: 8, increments: 5_000_000, ...values }
  const total = workers * increments
  if (total > MOST_INCREMENTS) {
    throw new UsageError(
      `expected at most ${MOST_INCREMENTS} increments in all (the shared cell has 32 bits), received ${workers} × ${increments}`,
    )
  }
  // Opened before there are workers: without the addon that is how they find it by its name.
  const counter = PerCpuCounter.named(COUNTER)
  print(
    wrapped(
      `${plural(workers, 'worker')} × ${whole(increments)} increments on ${plural(status().cpus.allowed, 'CPU')}`,
    ),
  )

  const progress = progressBar()
  // process.exit ends workers in mid-loop; the terminal has to be put right before.
  endOnSignals(progress.stop)
  const { backends, elapsed, shared } = await race(workers, increments, progress)
  for (const [what, { length: n }] of backends)
    print(wrap(`backend: ${what}${n < workers ? ` (${n} workers)` : ''}`, columns()))

  const cells = [...counter.perCpu()]
  const sum = cells.reduce((a, b) => a + b, 0n)
  // Before the results: that is the verdict even if nobody reads all of them.
  process.exitCode = sum === BigInt(total) && shared === total ? 0 : 1
  print(results({ total, cells, sum, shared: BigInt(shared), elapsed }))
}
