/// <reference path="../kit/page/modules.d.ts" />

import { writeText } from '../kit/files'
import { pageDocument } from '../kit/page/document'
import { factsSection, originFacts, summary } from '../kit/page/facts'
import { factor, plural, tick, time } from '../kit/page/format'
import { type Content, html, type Markup } from '../kit/page/html'
import { comparisonHeader, comparisonTitle, type Names } from '../kit/page/names'
import base from '../kit/page/page.css'
import { table } from '../kit/page/table'
import { differences, doubts, type Section, sections } from './compare-rows'
import { CAUSES } from './gaps'
import { heightsOf, lanes } from './lanes'
import own from './page.css'
import type { Latency, NoiseResult } from './schema'
import { NAMES, patternsOf, rate, remarks, sentence, share } from './words'

/** More sentences than this are no summary; the tables have the rest. */
const MOST_PATTERNS = 20

/** Writes one run as a page that needs nothing else: no network, no other file. */
export function writePage(result: NoiseResult, file: string): void {
  const body = html`<header><h1>rseq noise</h1><p>${summary(result)}</p>
<p>${plural(result.cpus.length, 'CPU')} watched for ${result.seconds.toFixed(1)} s: gaps of more than ${tick(result.threshold)}</p></header>
<main>${emulated([result])}${headlines(result)}${timeline(['Timeline'], [result])}${patterns(result)}${cpuTable(result)}${latencies(result)}${remarkList(result)}${factsSection([originFacts(result)])}</main>
`
  writeText(file, page(`rseq noise: ${result.machine.cpu}`, body, [result]))
}

/** Writes two runs beside each other, as the same kind of page. */
export function writeComparison(a: NoiseResult, b: NoiseResult, names: Names, file: string): void {
  const notes = [...doubts(a, b), ...differences(a, b)].map(
    (text) => html`<p class="banner">${text}</p>
`,
  )
  const body = html`${comparisonHeader([a, b], names)}<main>${emulated([a, b])}${notes}${timeline(['A', 'B'], [a, b])}<section><h2>Figures</h2>
${sections(a, b).map((section) => comparisonTable(section, doubts(a, b).length === 0))}</section>
${factsSection([originFacts(a), originFacts(b)])}</main>
`
  writeText(file, page(comparisonTitle(names), body, [a, b]))
}

function page(title: string, body: Content, runs: readonly NoiseResult[]): string {
  const versions = [...new Set(runs.map(({ version }) => version))].join(' and ')
  return pageDocument(
    title,
    base + own,
    html`${body}<footer>Written by rseq ${versions}.</footer>
`,
  )
}

function emulated(runs: readonly NoiseResult[]): Markup[] {
  return runs.flatMap(({ machine }, i) =>
    machine.emulated
      ? html`<p class="banner"><b>Emulated machine.</b> ${runs.length === 1 ? 'This run' : `Run ${'AB'[i]}`} was in software emulation: its times say nothing about others.</p>
`
      : [],
  )
}

/** What a reader wants to know first. */
function headlines({ cpus, latency }: NoiseResult): Markup {
  const most = cpus.reduce((best, one) => (one.taken > best.taken ? one : best))
  const worst = cpus.reduce((best, one) => (one.longest > best.longest ? one : best))
  const tail = latency.find(({ work }) => work === 1e6)
  const cards: [string, string, string][] = [
    [share(most.taken), `of CPU ${most.cpu} was taken away`, 'more than of any other CPU'],
    [time(worst.longest), 'was the longest gap', `on CPU ${worst.cpu}`],
  ]
  if (tail !== undefined) {
    cards.push([
      time(tail.p999),
      'is the 99.9th percentile of work of 1\u00a0ms',
      `at worst ${time(tail.worst)}`,
    ])
  }
  return html`<ul class="headlines">${cards.map(([figure, text, small]) => html`<li><strong>${figure}</strong><span>${text}</span><small>${small}</small></li>`)}</ul>
`
}

function timeline(titles: readonly string[], runs: readonly NoiseResult[]): Markup {
  const heights = heightsOf(runs)
  return html`<section><h2>Timeline</h2>
<p class="note">The longest gap in each moment, on a logarithmic scale.</p>
<ul class="legend"><li><i class="swatch threads"></i>taken by other threads</li><li><i class="swatch interrupts"></i>taken by interrupts, or below the system</li></ul>
${runs.map((run, i) => html`${titles.length > 1 ? html`<h3>${titles[i] ?? ''}</h3>` : null}${lanes(run, heights)}`)}</section>
`
}

function patterns({ cpus }: NoiseResult): Markup | null {
  const all = patternsOf(cpus)
  const more = all.length - MOST_PATTERNS
  if (all.length === 0) return null
  return html`<section><h2>Patterns</h2><ul class="patterns">${all.slice(0, MOST_PATTERNS).map(
    (one) => html`<li>${sentence(one)}</li>
`,
  )}</ul>${more > 0 ? html`<p class="note">… and ${plural(more, 'more pattern')} that take less.</p>` : null}</section>
`
}

function cpuTable({ cpus }: NoiseResult): Markup {
  const rows = cpus.flatMap((one) =>
    CAUSES.map((cause, i) => {
      const { gaps, perSecond, share: part, median, p99, longest } = one[cause]
      const told = (ns: number): string => (gaps === 0 ? '–' : time(ns))
      const figures = [share(part), rate(perSecond), told(median), told(p99), told(longest)]
      return html`<tr><th scope="row">${i === 0 ? `CPU ${one.cpu}` : ''}</th><td>${i === 0 ? `${one.seconds.toFixed(1)} s` : ''}</td><td>${i === 0 ? share(one.taken) : ''}</td><td class="text">${NAMES[cause]}</td>${figures.map((figure) => html`<td>${figure}</td>`)}</tr>
`
    }),
  )
  const head = ['CPU', 'Watched', 'Taken', 'Taken by', 'Share', 'Gaps per second', 'Median', '99%', 'Longest']
  return html`<section><h2>CPUs</h2>${table('How often each was taken away, and for how long', head, rows)}</section>
`
}

function latencies({ cpus, latency }: NoiseResult): Markup {
  const row = (name: string, { p50, p99, p999, worst }: Latency): Markup =>
    html`<tr><th scope="row">${name}</th>${[p50, p99, p999, worst].map((ns) => html`<td>${time(ns)}</td>`)}</tr>
`
  const tables = latency.map((all) => {
    const rows = cpus.flatMap(({ cpu, latency: own }) => {
      const one = own.find(({ work }) => work === all.work)
      return one === undefined ? [] : row(`CPU ${cpu}`, one)
    })
    return table(
      `What needs ${tick(all.work)} of CPU takes`,
      ['CPU', 'Median', '99%', '99.9%', 'Worst'],
      [...rows, ...(cpus.length > 1 ? [row('any of them', all)] : [])],
    )
  })
  return html`<section><h2>Latency</h2>
<p class="note">For work that begins at any of 10,000 times, evenly spaced over the run, and that nothing but these gaps holds up.</p>
${tables}</section>
`
}

function remarkList({ cpus }: NoiseResult): Markup | null {
  const all = cpus.flatMap(remarks)
  return all.length === 0
    ? null
    : html`<section><h2>Remarks</h2><ul class="patterns">${all.map((text) => html`<li>${text}</li>`)}</ul></section>
`
}

function comparisonTable({ title, rows }: Section, withRatios: boolean): Markup {
  const cells = rows.map(({ label, a, b, ratio, told }) => {
    const figures = [a, b].map((value) => (value === null ? '–' : told(value)))
    const all = withRatios ? [...figures, ratio === null ? '–' : factor(ratio)] : figures
    return html`<tr><th scope="row">${label}</th>${all.map((text) => html`<td>${text}</td>`)}</tr>
`
  })
  return table(title, ['', 'A', 'B', ...(withRatios ? ['B / A'] : [])], cells)
}
