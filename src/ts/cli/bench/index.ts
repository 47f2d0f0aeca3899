import { join } from 'node:path'
import { status } from '../../index'
import { jsonText } from '../kit/json'
import type { Noise } from '../kit/limits'
import { originHere, root } from '../kit/machine'
import { give } from '../kit/result'
import { endOnSignals } from '../kit/signals'
import { wrapped } from '../kit/terminal'
import type { Values } from '../kit/usage'
import { thrownAway } from './interruptions'
import type { QuestionPlan } from './plan'
import type { BenchResult } from './result'
import { ask, FULL, QUICK } from './run'
import { tableOf } from './table'
import { watch } from './watch'

/** Exit code where the machine was too noisy. */
const NOISY = 4

const built = join(root, 'lib', 'bench')

/** Of the command line. */
interface Wishes {
  readonly only?: readonly string[]
  readonly quick?: true
  readonly json?: string
  readonly html?: string
}

/** `rseq bench`. @returns the exit code */
export async function run(_: string[], values: Values): Promise<number> {
  const { only, quick = false, json, html } = values as Wishes
  // Not a literal: bench/questions.ts is built apart, and stays a file of its own. Children and threads load it too.
  const { questions: all } = require(join(built, 'questions.js')) as { questions: readonly QuestionPlan[] }
  const plans = all.filter(({ name }) => only?.includes(name) ?? true)
  const progress = watch()
  // The children end with their parent.
  endOnSignals(progress.stop)
  const { noise, interruptions, questions } = await ask(plans, {
    effort: quick ? QUICK : FULL,
    scope: { quick, possibleCpus: status().cpus.possible },
    script: join(built, 'child.js'),
    watch: progress,
  })
  const result: BenchResult = {
    schema: 1,
    ...originHere(status()),
    quick,
    noise,
    ...(interruptions !== null && { interruptions }),
    questions,
  }
  const page = () => import('./page/index.js').then(({ writePage }) => writePage.bind(null, result))
  await give({ lines: report(result, plans), json: () => `${jsonText(result)}\n`, page }, { json, html })
  return noise.quiet || result.machine.emulated ? 0 : NOISY
}

/** They wait for each other: that belongs to what they take. */
const KEPT = 'Rows with promises, or with several threads or processes, keep all of theirs.'

function report(
  { machine, noise, interruptions, questions }: BenchResult,
  plans: readonly QuestionPlan[],
): string[] {
  const ranked = noise.quiet && !machine.emulated
  const lines = wrapped(
    `${machine.cpu}, ${machine.cpus} CPUs, ${machine.arch}, Linux ${machine.kernel}, ${machine.libc}, Node ${machine.node}, backend ${machine.backend}, fast calls ${machine.fastCalls ? 'on' : 'off'}`,
  )
  for (const [i, question] of questions.entries()) {
    lines.push('', ...tableOf(question, plans[i] as QuestionPlan, ranked))
  }
  lines.push('', ...wrapped(verdict(machine.emulated, noise)))
  if (interruptions !== undefined)
    lines.push(...wrapped(`Interruptions: ${thrownAway(interruptions)}. ${KEPT}`))
  return lines
}

function verdict(emulated: boolean, { quiet, spread, limit }: Noise): string {
  const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`
  if (emulated) return 'This machine is emulated: its figures say nothing about speed, and are not compared.'
  return quiet
    ? `Noise: an empty loop varied by ${percent(spread)} during the run (limit ${percent(limit)}).`
    : `Too noisy to compare: an empty loop, always the same, varied by ${percent(spread)} during the run, and ${percent(limit)} is the limit. The figures above are given without ratios; run again on a quieter machine.`
}
