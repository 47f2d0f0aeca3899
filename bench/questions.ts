import { keyOf, type QuestionPlan, type RowPlan, type Scope } from '../src/ts/cli/bench/plan'
import { counters } from './counters'
import { getcpu } from './getcpu'
import { histogram } from './histogram'
import { pools } from './pool'
import { processes } from './processes'
import { published } from './published'
import { ring } from './ring'
import { scrape } from './scrape'

export { hypervisor } from './native'

/** Everything that `rseq bench` asks, in this order. */
export const questions: readonly QuestionPlan[] = [
  getcpu,
  counters,
  histogram,
  pools,
  ring,
  processes,
  published,
  scrape,
]

/**
 * The row that a child or a thread was started for.
 *
 * @param scope as JSON
 * @throws {Error} where there is none: the command and its questions were not built together
 */
export function rowOf(question: string, key: string, scope: string): RowPlan {
  const rows = questions.find(({ name }) => name === question)?.rows(JSON.parse(scope) as Scope)
  const row = rows?.find((candidate) => keyOf(candidate) === key)
  if (row === undefined) throw new Error(`no row ${key} in ${question}`)
  return row
}
