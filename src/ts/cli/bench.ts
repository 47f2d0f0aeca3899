import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process, { stderr, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { status } from '../index'
import { commitOf, machineOf } from './bench/machine'
import type { QuestionPlan } from './bench/plan'
import type { BenchResult } from './bench/result'
import { ask, FULL, QUICK } from './bench/run'
import { tableOf } from './bench/table'
import { watch } from './bench/watch'
import { wrapped } from './terminal'

/** Exit codes beside 0 and 1. */
const USAGE = 2
const NOISY = 4
/** What a shell adds to the number of the signal that ended a process. */
const SIGNALLED = 128

/** What `rseq bench --help` prints. */
export const help = `rseq bench [options]

Measure what this package costs on this machine, beside what could be used instead.

  --only NAME    ask this question only; can be repeated:
                 getcpu, counters, histogram, processes, published, scrape
  --quick        shorter: under a minute, with wider spreads
  --json FILE    write the result as JSON, for rseq compare
  --html FILE    write the result as a page with charts
  --help, -h     print this help

Exit code: 0; 2 for a wrong command line; 4 where the machine was too noisy for
figures to be compared with each other.
`

const OPTIONS = {
  only: { type: 'string', multiple: true },
  quick: { type: 'boolean', default: false },
  json: { type: 'string' },
  html: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** What bench/questions.ts exports, built apart: children and threads load it too. */
interface Questions {
  readonly questions: readonly QuestionPlan[]
  hypervisor(): string
}

const root = join(__dirname, '..', '..')
const built = join(root, 'lib', 'bench')

/** A command line that makes sense, or what is wrong with it. */
function parse(args: string[], known: readonly string[]) {
  let values: ReturnType<typeof parseArgs<{ args: string[]; options: typeof OPTIONS }>>['values']
  try {
    values = parseArgs({ args, options: OPTIONS }).values
  } catch (error) {
    // Its further sentences advise what does not help here.
    return (error as Error).message.split('. ')[0] as string
  }
  for (const name of values.only ?? []) {
    if (!known.includes(name)) return `--only: expected one of ${known.join(', ')}, received '${name}'`
  }
  for (const option of ['json', 'html'] as const) {
    const file = values[option]
    if (file !== undefined && !existsSync(dirname(file))) return `--${option}: no folder for '${file}'`
  }
  return values
}

/** `rseq bench`. @returns the exit code */
export async function bench(args: string[]): Promise<number> {
  // Not a literal: it is built apart, and stays a file of its own.
  const { questions, hypervisor } = require(join(built, 'questions.js')) as Questions
  const values = parse(
    args,
    questions.map(({ name }) => name),
  )
  if (typeof values === 'string') {
    stderr.write(`rseq: ${values}\nTry 'rseq bench --help'.\n`)
    return USAGE
  }
  if (values.help) {
    stdout.write(help)
    return 0
  }
  const plans = questions.filter(({ name }) => values.only?.includes(name) ?? true)
  const progress = watch()
  endOnSignals(progress.stop)
  const { noise, questions: asked } = await ask(plans, {
    effort: values.quick ? QUICK : FULL,
    scope: { quick: values.quick, possibleCpus: status().cpus.possible },
    script: join(built, 'child.js'),
    watch: progress,
  })
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const result: BenchResult = {
    schema: 1,
    machine: machineOf(status(), hypervisor()),
    version,
    commit: commitOf(root),
    date: new Date().toISOString(),
    quick: values.quick,
    noise,
    questions: asked,
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
  if (values.html !== undefined) await (await import('./bench/page.js')).writePage(result, values.html)
  stdout.write(`${report(result, plans).join('\n')}\n`)
  return noise.quiet || result.machine.emulated ? 0 : NOISY
}

function report({ machine, noise, questions }: BenchResult, plans: readonly QuestionPlan[]): string[] {
  const ranked = noise.quiet && !machine.emulated
  const lines = wrapped(
    `${machine.cpu}, ${machine.cpus} CPUs, ${machine.arch}, Linux ${machine.kernel}, ${machine.libc}, Node ${machine.node}, backend ${machine.backend}, fast calls ${machine.fastCalls ? 'on' : 'off'}`,
  )
  for (const [i, question] of questions.entries()) {
    lines.push('', ...tableOf(question, plans[i] as QuestionPlan, ranked))
  }
  const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`
  const { spread, limit } = noise
  lines.push('')
  if (machine.emulated) {
    lines.push(
      ...wrapped('This machine is emulated: its figures say nothing about speed, and are not compared.'),
    )
  } else if (noise.quiet) {
    lines.push(
      ...wrapped(
        `Noise: an empty loop varied by ${percent(spread)} during the run (limit ${percent(limit)}).`,
      ),
    )
  } else {
    lines.push(
      ...wrapped(
        `Too noisy to compare: an empty loop, always the same, varied by ${percent(spread)} during the run, and ${percent(limit)} is the limit. The figures above are given without ratios; run again on a quieter machine.`,
      ),
    )
  }
  return lines
}

/** The terminal has to be put right; the children end with their parent. */
function endOnSignals(stop: () => void): void {
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.once(signal, () => {
      stop()
      process.exit(SIGNALLED + number)
    })
  }
}
