/// <reference path="../kit/page/modules.d.ts" />
import type { Names } from '../kit/comparison'
import { plural, share, tick, time } from '../kit/format'
import { banner, type Card, headlines, legend } from '../kit/page/cards'
import { originFacts } from '../kit/page/facts'
import { type Content, html, type Markup } from '../kit/page/html'
import base from '../kit/page/page.css'
import { type Kind, writeRun, writeRuns } from '../kit/page/runs'
import { row, table } from '../kit/page/table'
import { cellsOf, differences, doubts, sections } from './compare-rows'
import { heightsOf, lanes } from './lanes'
import own from './page.css'
import type { NoiseResult } from './schema'
import { cpuRows, latencyRows, patternsOf, remarks, sentence } from './words'

/** More sentences than this are no summary; the tables have the rest. */
const MOST_PATTERNS = 20

const KIND: Kind<NoiseResult> = { command: 'noise', style: base + own, facts: originFacts }

export function writePage(run: NoiseResult, file: string): void {
  const { cpus, seconds, threshold } = run
  const about = html`
<p>${plural(cpus.length, 'CPU')} watched for ${seconds.toFixed(1)} s: gaps of more than ${tick(threshold)}</p>`
  const patterns = patternsOf(cpus).map(sentence)
  const more = patterns.length - MOST_PATTERNS
  const note =
    more > 0 ? html`<p class="note">… and ${plural(more, 'more pattern')} that take less.</p>` : null
  const body = [
    ...[emulated([run]), headlines(cardsOf(run)), timeline([run])],
    sentences('Patterns', patterns.slice(0, MOST_PATTERNS), note),
    ...[cpuTable(run), latencies(run), sentences('Remarks', cpus.flatMap(remarks))],
  ]
  writeRun(KIND, run, file, body, about)
}

export function writeComparison(a: NoiseResult, b: NoiseResult, names: Names, file: string): void {
  const reasons = doubts(a, b)
  const notes = [...reasons, ...differences(a, b)].map((text) => banner(null, text))
  const heads = ['', 'A', 'B', ...(reasons.length === 0 ? ['B / A'] : [])]
  const tables = sections(a, b).map(({ title, rows }) =>
    table(
      title,
      heads,
      rows.map((one) => row(one.label, cellsOf(one).slice(0, heads.length - 1))),
    ),
  )
  const body = [emulated([a, b]), notes, timeline([a, b]), section('Figures', tables)]
  writeRuns(KIND, [a, b], file, body, names)
}

function section(title: string, content: Content): Markup {
  return html`<section><h2>${title}</h2>
${content}</section>
`
}

/** Nothing without any. */
function sentences(title: string, all: readonly string[], note: Content = null): Markup | null {
  if (all.length === 0) return null
  return section(title, [html`<ul class="patterns">${all.map((text) => html`<li>${text}</li>`)}</ul>`, note])
}

function emulated(runs: readonly NoiseResult[]): Markup[] {
  return runs.flatMap(({ machine }, i) => {
    const name = runs.length === 1 ? 'This run' : `Run ${'AB'[i]}`
    return machine.emulated
      ? banner('Emulated machine.', `${name} was in software emulation: its times say nothing about others.`)
      : []
  })
}

/** What a reader wants to know first. */
function cardsOf({ cpus, latency }: NoiseResult): Card[] {
  const most = cpus.reduce((best, one) => (one.taken > best.taken ? one : best))
  const worst = cpus.reduce((best, one) => (one.longest > best.longest ? one : best))
  const tail = latency.find(({ work }) => work === 1e6)
  const text = 'is the 99.9th percentile of work of 1\u00a0ms'
  const taken = `of CPU ${most.cpu} was taken away`
  return [
    { figure: share(most.taken), text: taken, small: 'more than of any other CPU' },
    { figure: time(worst.longest), text: 'was the longest gap', small: `on CPU ${worst.cpu}` },
    ...(tail ? [{ figure: time(tail.p999), text, small: `at worst ${time(tail.worst)}` }] : []),
  ]
}

function timeline(runs: readonly NoiseResult[]): Markup {
  const heights = heightsOf(runs)
  const drawn = runs.map((run, i) => [
    runs.length > 1 ? html`<h3>${'AB'.charAt(i)}</h3>` : null,
    lanes(run, heights),
  ])
  const colours = legend([
    ['threads', 'taken by other threads'],
    ['interrupts', 'taken by interrupts, or below the system'],
  ])
  return section('Timeline', [
    html`<p class="note">The longest gap in each moment, on a logarithmic scale.</p>`,
    ...[colours, drawn],
  ])
}

function cpuTable({ cpus }: NoiseResult): Markup {
  const rows = cpuRows(cpus).map(([cpu = '', watched = '', taken = '', by = '', ...figures]) =>
    row(cpu, [watched, taken, html`<td class="text">${by}</td>`, ...figures]),
  )
  const head = ['CPU', 'Watched', 'Taken', 'Taken by', 'Share', 'Gaps per second', 'Median', '99%', 'Longest']
  return section('CPUs', table('How often each was taken away, and for how long', head, rows))
}

function latencies({ cpus, latency }: NoiseResult): Markup {
  const head = ['CPU', 'Median', '99%', '99.9%', 'Worst']
  const tables = latency.map((all) => {
    const rows = latencyRows(all, cpus).map(([name = '', ...cells]) => row(name, cells))
    return table(`What needs ${tick(all.work)} of CPU takes`, head, rows)
  })
  const note = html`<p class="note">For work that begins at any of 10,000 times, evenly spaced over the run, and that nothing but these gaps holds up.</p>`
  return section('Latency', [note, tables])
}
