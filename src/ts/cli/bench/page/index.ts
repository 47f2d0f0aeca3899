/// <reference path="../../kit/page/modules.d.ts" />
import type { Names } from '../../kit/comparison'
import { headlines } from '../../kit/page/cards'
import style from '../../kit/page/page.css'
import { type Kind, writeRun, writeRuns } from '../../kit/page/runs'
import { comparisons } from '../compare-rows'
import type { BenchResult } from '../result'
import { banners, facts } from './facts'
import { cardsOf } from './headlines'
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
