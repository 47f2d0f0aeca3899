/// <reference path="../../kit/page/modules.d.ts" />
import { writeText } from '../../kit/files'
import { pageDocument } from '../../kit/page/document'
import { factsSection, summary } from '../../kit/page/facts'
import { type Content, html, type Markup } from '../../kit/page/html'
import { comparisonHeader, comparisonTitle, type Names } from '../../kit/page/names'
import style from '../../kit/page/page.css'
import { comparisons } from '../compare-rows'
import type { BenchResult } from '../result'
import { banners, facts } from './facts'
import { headlines } from './headlines'
import { comparisonSection, questionSection } from './sections'
import { notMeasured } from './tables'

/** Writes one run as a page that needs nothing else: no network, no other file. */
export function writePage(result: BenchResult, file: string): void {
  const questions = result.questions.map((question) => questionSection(result, question))
  const body = html`<header><h1>rseq bench</h1><p>${summary(result)}</p></header>
<main${plain([result])}>${banners([result])}${headlineSection(result)}${questions}${notMeasured([result])}${factsSection([facts(result)])}</main>
`
  writeText(file, page(`rseq bench: ${result.machine.cpu}`, body, [result]))
}

/** Writes two runs beside each other, as the same kind of page. */
export function writeComparison(a: BenchResult, b: BenchResult, names: Names, file: string): void {
  const asked = new Set([...a.questions, ...b.questions].map(({ name }) => name))
  const all = comparisons(a, b)
  const questions = [...asked].flatMap((name, index) => {
    const comparison = all[index]
    return comparison === undefined ? [] : (comparisonSection([a, b], name, comparison) ?? [])
  })
  const body = html`${comparisonHeader([a, b], names)}<main${plain([a, b])}>${banners([a, b])}${questions}${notMeasured([a, b])}${factsSection([facts(a), facts(b)])}</main>
`
  writeText(file, page(comparisonTitle(names), body, [a, b]))
}

/** Emulated: no row stands out. */
function plain(runs: readonly BenchResult[]): Markup | null {
  return runs.some(({ machine }) => machine.emulated) ? html` class="plain"` : null
}

function headlineSection(result: BenchResult): Markup | null {
  const cards = headlines(result).map(
    ({ ratio, text, figures }) =>
      html`<li><strong>${ratio}</strong><span>${text}</span><small>${figures}</small></li>`,
  )
  return cards.length === 0
    ? null
    : html`<ul class="headlines">${cards}</ul>
`
}

function page(title: string, body: Content, runs: readonly BenchResult[]): string {
  const versions = [...new Set(runs.map(({ version }) => version))].join(' and ')
  return pageDocument(
    title,
    style,
    html`${body}<footer>Written by rseq ${versions}.</footer>
`,
  )
}
