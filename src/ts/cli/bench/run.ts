import { plural } from '../kit/format'
import { grouped } from '../kit/grouped'
import { figureOf, noiseOf, quantile } from '../kit/statistics'
import { Child } from './child'
import { allKept, together } from './interruptions'
import { keyOf, type QuestionPlan, type RowPlan, type Samples, type Scope } from './plan'
import type { Question, Row } from './result'
import type { Watch } from './watch'

/** How long to look. Many short rounds rather than few long ones: what disturbs the machine then disturbs every row. */
export const FULL = {
  /** How often every row gets a new process: where its code and memory come to lie is chance. */
  launches: 3,
  /** Rounds of each launch; every row once per round. Fewer on a machine that is behind `seconds`. */
  rounds: 10,
  /** Of one row in one round. */
  milliseconds: 30,
  /** All questions together should take no longer. */
  seconds: 430,
}
export const QUICK: typeof FULL = { launches: 1, rounds: 10, milliseconds: 12, seconds: 38 }

/** What a row gets in any case. */
const LEAST_ROUNDS = 3
/** Of one thread: less, and some would not have had a CPU yet when the round is over. */
const THREAD_MS = 2.5

/** What a run needs to know beside its questions. */
export interface Setting {
  readonly effort: typeof FULL
  readonly scope: Scope
  /** bench/child.ts, built. */
  readonly script: string
  readonly watch: Watch
}

/** With fewer good samples of a row than these, the disturbed ones have to do as well, and then the interrupted ones. */
const ENOUGH = 10

/** The machine's noise is what these vary by: they do the same work whatever happens. */
const EMPTY_LOOPS = ['js-empty', 'c-empty']

interface Findings {
  /** One for each round of each launch. */
  readonly rounds: Map<string, Samples[]>
  readonly unavailable: Map<string, string>
}

/** Asks all questions, one after the other. */
export async function ask(plans: readonly QuestionPlan[], setting: Setting) {
  const { scope, watch, effort } = setting
  const noise: number[] = []
  const planned = plans.map((plan) => ({ plan, rows: plan.rows(scope) }))
  // The time of a run is shared out among its groups, those that start threads getting more of it.
  const [begun, total] = [performance.now(), weightOf(planned.flatMap(({ rows }) => rows)) * effort.launches]
  let weight = 0
  const isLate = (): boolean => performance.now() - begun > (weight / total) * effort.seconds * 1000
  const questions: Question[] = []
  watch.start(planned.reduce((n, { rows }) => n + rows.length, 0) * effort.launches * (effort.rounds + 1))
  try {
    for (const { plan, rows } of planned) {
      watch.asks(`${plan.name}: ${plan.title}`)
      const findings: Findings = { rounds: new Map(), unavailable: new Map() }
      // Rows that are compared with each other run side by side; floors, which are for all of them, with the first.
      for (const group of grouped(rows, ({ workers, size }) => workers ?? size ?? 1).values()) {
        for (let launch = 0; launch < effort.launches; launch++) {
          weight += weightOf(group)
          await launchGroup(plan, group, launch, findings, isLate, setting)
        }
      }
      for (const row of rows.filter(({ id }) => EMPTY_LOOPS.includes(id)))
        noise.push(...medians(findings.rounds.get(keyOf(row)) ?? []))
      const { name, title, per } = plan
      questions.push({ name, title, per, rows: rows.map((row) => found(row, findings)) })
    }
  } finally {
    watch.stop()
  }
  return {
    // Where no empty loop could run, nothing else could.
    noise: noiseOf(noise.length > 0 ? noise : [1]),
    interruptions: together(questions.flatMap(({ rows }) => rows.map((row) => row.interruptions ?? null))),
    questions,
  }
}

/** Of the rounds that count, by the median of all: empty loops of different kinds differ, and that is no noise. */
function medians(rounds: readonly Samples[]): number[] {
  const counted = counting(rounds)
  if (counted.length === 0) return []
  const median = quantile(counted.flat(), 0.5)
  return counted.filter(({ length }) => length > 0).map((round) => quantile(round, 0.5) / median)
}

/** What of each round counts: the good samples, or more where there are hardly any. */
function counting(rounds: readonly Samples[]): (readonly number[])[] {
  const good = rounds.map((round) => round.good)
  if (good.flat().length >= ENOUGH) return good
  const lacking = isLacking(rounds)
  return rounds.map((round) => [...round.good, ...round.disturbed, ...(lacking ? round.interrupted : [])])
}

/** Whether hardly any sample was not interrupted. */
function isLacking(rounds: readonly Samples[]): boolean {
  return rounds.reduce((sum, { good, disturbed }) => sum + good.length + disturbed.length, 0) < ENOUGH
}

function weightOf(rows: readonly RowPlan[]): number {
  return rows.reduce((sum, { workers = 0 }) => sum + 1 + workers / 8, 0)
}

/** New processes for all rows, warmed up one after the other; then rounds, A B C A B C …; then their end. */
async function launchGroup(
  plan: QuestionPlan,
  group: readonly RowPlan[],
  launch: number,
  { rounds, unavailable }: Findings,
  isLate: () => boolean,
  { effort, scope, script, watch }: Setting,
): Promise<void> {
  const children = new Map<RowPlan, Child>()
  try {
    for (const row of group) {
      const key = keyOf(row)
      if (unavailable.has(key)) continue
      if (launch === 0) watch.says(describe(plan, row))
      const args = [plan.name, key, JSON.stringify(scope)]
      const child = new Child(script, args, row)
      children.set(row, child)
      const why = await child.ready()
      watch.step()
      if (why === null) continue
      unavailable.set(key, why)
      child.end()
      children.delete(row)
    }
    for (let round = 0; round < effort.rounds && !(round >= LEAST_ROUNDS && isLate()); round++) {
      for (const [row, child] of children) {
        const key = keyOf(row)
        const milliseconds = Math.max(effort.milliseconds, THREAD_MS * (row.workers ?? 0))
        const measured = await child.measure(milliseconds)
        rounds.set(key, [...(rounds.get(key) ?? []), measured])
        watch.step(`${plan.name}: round ${round + 1} of ${effort.rounds}`)
      }
    }
  } finally {
    for (const child of children.values()) child.end()
  }
}

function describe(plan: QuestionPlan, { label, workers, size }: RowPlan): string {
  const many = (n: number | undefined, what: string): string =>
    n === undefined ? '' : `, ${plural(n, what)}`
  return `${plan.name}${many(workers, 'worker')}${many(size, 'counter')}: ${label}`
}

function found(row: RowPlan, { rounds, unavailable }: Findings): Row {
  const { case: _, env: __, published, ...told } = row
  const key = keyOf(row)
  const measured = rounds.get(key) ?? []
  const own = counting(measured).flat()
  const counts = together(measured.map((round) => round.interruptions))
  const interruptions = counts !== null && isLacking(measured) ? allKept(counts) : counts
  const why = unavailable.get(key)
  return {
    ...told,
    ns: own.length === 0 ? null : figureOf(own),
    ...(interruptions !== null && { interruptions }),
    ...(why !== undefined && { unavailable: why }),
    ...(published !== undefined && { published }),
  }
}
