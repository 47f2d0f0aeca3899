/// <reference path="../../kit/page/modules.d.ts" />
import type { Names } from '../../kit/comparison'
import { percent, plural, time, times } from '../../kit/format'
import { banner, type Card, headlines } from '../../kit/page/cards'
import { type FactList, originFacts } from '../../kit/page/facts'
import type { Markup } from '../../kit/page/html'
import style from '../../kit/page/page.css'
import { type Kind, writeRun, writeRuns } from '../../kit/page/runs'
import { comparisons, doubt } from '../compare-rows'
import { thrownAway } from '../interruptions'
import type { BenchResult, Question, Row } from '../result'
import { comparisonSection, questionSection } from './sections'
import { notMeasured } from './tables'

/** Of emulated machines, no row stands out. */
function kind(runs: readonly BenchResult[]): Kind<BenchResult> {
  const look = runs.some(({ machine }) => machine.emulated) ? 'plain' : null
  return { command: 'bench', style, look, facts }
}

export function writePage(run: BenchResult, file: string): void {
  const questions = run.questions.map((question) => questionSection(run, question))
  const body = [banners([run]), headlines(cardsOf(run)), questions, notMeasured([run])]
  writeRun(kind([run]), run, file, body)
}

export function writeComparison(a: BenchResult, b: BenchResult, names: Names, file: string): void {
  const questions = comparisons(a, b).map((comparison) => comparisonSection([a, b], comparison))
  writeRuns(kind([a, b]), [a, b], file, [banners([a, b]), questions, notMeasured([a, b])], names)
}

/** Where and when a run was. */
function facts({ noise, quick, interruptions, ...origin }: BenchResult): FactList {
  const still = `${percent(noise.spread)} spread of an empty loop, limit ${percent(noise.limit)}`
  return [
    ...originFacts(origin),
    ['Run', quick ? 'quick: wider spreads' : 'full'],
    ['Noise', `${noise.quiet ? 'quiet' : 'too noisy'}: ${still}`],
    ['Interruptions', thrownAway(interruptions)],
  ]
}

/** What a reader has to know before the first figure. */
function banners(runs: readonly BenchResult[]): Markup[] {
  return runs.flatMap(({ noise, machine }, index) => {
    const name = runs.length === 1 ? 'This run' : `Run ${'AB'[index]}`
    const emulated = `${name} was in software emulation: its figures prove nothing about speed. Nothing is ranked.`
    const noisy = `${name} is no measure of speed: the same empty loop varied by ${percent(noise.spread)}, more than ${percent(noise.limit)}. No ratios are given.`
    return [
      ...(machine.emulated ? [banner('Emulated machine.', emulated)] : []),
      ...(noise.quiet ? [] : [banner('Noisy machine.', noisy)]),
    ]
  })
}

/** What users ask first, each beside what they would pick instead: a read, an increment, one of many threads, a sample. Ours is the first that was measured. */
const CLAIMS: readonly { question: Question['name']; ours: string[]; than: string; workers?: number }[] = [
  { question: 'getcpu', ours: ['js-cpu-id'], than: 'c-sched-getcpu' },
  { question: 'counters', ours: ['rseq-fast', 'rseq-napi'], than: 'prom-client', workers: 1 },
  { question: 'counters', ours: ['rseq-fast', 'rseq-napi'], than: 'atomics-shared', workers: 2 },
  { question: 'histogram', ours: ['record', 'record-napi'], than: 'perf-hooks', workers: 1 },
  { question: 'histogram', ours: ['record-bounds'], than: 'prom-client', workers: 1 },
]

/** The most telling ratios of a run; none where it was noisy or emulated, or did not measure them. */
function cardsOf(result: BenchResult): Card[] {
  if (doubt(result) !== null) return []
  return CLAIMS.flatMap(({ question, ours, than, workers }) => {
    const rows = result.questions.find(({ name }) => name === question)?.rows ?? []
    const find = (id: string): Row | undefined =>
      rows.find((row) => row.id === id && row.workers === workers && row.ns !== null)
    const [mine, theirs] = [ours.map(find).find((row) => row !== undefined), find(than)]
    if (!mine?.ns || !theirs?.ns) return []
    const [own, other] = [mine.ns.median, theirs.ns.median]
    const threads = workers === undefined ? '' : `, with ${plural(workers, 'worker')}`
    const figure = `${times(Math.max(own, other) / Math.min(own, other))} as ${own <= other ? 'fast' : 'slow'}`
    const text = `${mine.label}, compared with ${theirs.label}${threads}`
    return { figure, text, small: `${time(own)} against ${time(other)}` }
  })
}
