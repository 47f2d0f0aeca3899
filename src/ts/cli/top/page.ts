import process, { stderr } from 'node:process'
import { clean } from '../kit/clean'
import { writeText } from '../kit/files'
import { amount, compact, exact, plural } from '../kit/format'
import { print } from '../kit/output'
import { pageDocument } from '../kit/page/document'
import { html, type Markup } from '../kit/page/html'
import { shown } from '../kit/text'
import { chart } from './chart'
import { banner, header } from './frame'
import type { Options } from './options'
import { overview } from './overview'
import { PERCENTILES, type Recording, record, type Track } from './record'
import { arranged, cutNote, distribution } from './rows'
import type { Facts, Service } from './service'

const SECONDS = 10

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif;
  --paper: light-dark(#fff, #12171d); --raised: light-dark(#f4f6f8, #1b222a); --ink: light-dark(#1b2530, #e6ebf0);
  --muted: light-dark(#586674, #9aa7b4); --grid: light-dark(#dfe4e9, #2e3842);
  --a: light-dark(#0a6ebd, #4aa8f0); --b: light-dark(#0d8f86, #35c4b5); --c: light-dark(#b3560f, #f0934a); }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 3rem; max-width: 84rem; background: var(--paper); color: var(--ink);
  overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.75rem; }
h2 { margin: 0; font-size: 1.1rem; }
p { margin: 0.25rem 0; }
header p, .note, .legend, footer { color: var(--muted); font-size: 0.9rem; }
section { margin-top: 1.5rem; padding-top: 1rem; border-top: 1px solid var(--grid); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 0 2rem; }
figure { margin: 0.5rem 0 0; max-width: 44rem; }
figcaption { font-size: 0.9rem; font-weight: 600; }
.headlines { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr)); gap: 1rem;
  margin: 1.25rem 0 0; padding: 0; list-style: none; }
.headlines li { display: flex; flex-direction: column; padding: 1rem; border-radius: 0.5rem; background: var(--raised); }
.headlines strong { color: var(--a); font-size: 1.75rem; line-height: 1.2; }
.headlines .bad strong { color: var(--c); }
.headlines small { color: var(--muted); }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--muted); font-size: 11px; }
.grid { stroke: var(--grid); }
g path { fill: none; stroke: currentColor; stroke-width: 1.75; }
circle { fill: currentColor; }
.line-0 { color: var(--a); } .line-1 { color: var(--b); } .line-2 { color: var(--c); }
.legend span { margin-right: 1rem; }
.legend span::before { content: "— "; font-weight: 700; }
`

function figure(caption: string, drawn: Markup): Markup {
  return html`<figure><figcaption>${caption}</figcaption>
${drawn}</figure>
`
}

function charts({ row, values, percentiles }: Track, times: readonly number[]): Markup[] {
  const { kind, unit } = row.metric
  const inUnit = (value: number): string => amount(value, unit)
  if (kind === 'gauge') {
    return [figure('Value', chart('Value', times, [{ label: 'value', values }], inUnit))]
  }
  const isHistogram = kind === 'histogram'
  const rate = isHistogram ? 'Samples per second' : `Per second${unit === '' ? '' : `, in ${shown(unit)}`}`
  const rates = figure(
    rate,
    chart(rate, times, [{ label: 'per second', values }], isHistogram ? compact : inUnit),
  )
  if (!isHistogram) return [rates]
  const lines = PERCENTILES.map((p, i) => ({
    label: `p${p}`,
    values: percentiles.map((one) => one?.[i] ?? null),
  }))
  return [rates, figure('Percentiles', chart('Percentiles', times, lines, inUnit))]
}

function facts({ row }: Track): string {
  const { metric } = row
  const samples = distribution(metric)
  if (samples === null) return `${metric.kind}, ${exact(row.total)} at the end`
  if (samples.count === 0) return 'histogram, no samples'
  const told = (x: number): string => amount(x, metric.unit)
  const parts = [50, 90, 99, 99.9].map((p) => `p${p} ${told(samples.percentile(p))}`)
  return `histogram, all time: ${exact(samples.count)} samples, ${parts.join(', ')}, max ${told(samples.max)}`
}

function section(track: Track, times: readonly number[]): Markup {
  const { row } = track
  return html`<section><h2>${row.name}${row.labels === '' ? null : html` <small>${row.labels}</small>`}</h2>
<p class="note">${row.metric.help === '' ? null : `${shown(row.metric.help)} – `}${facts(track)}</p>
<div class="charts">${charts(track, times)}</div></section>
`
}

/** A page that needs nothing else: no network, no other file, no script. */
export function page(about: Facts, recording: Recording, options: Options, date: Date): string {
  const { times, tracks, found } = recording
  const rows = arranged(
    [...tracks.values()].map(({ row }) => row),
    options.sort,
    options.filter,
  )
  const [path = '', ...parts] = header(about, Number.POSITIVE_INFINITY, options.interval)
  const notices = [banner(about), cutNote(tracks.size, found)].filter(Boolean)
  const body = html`<header><h1>rseq top</h1><p>${path}</p><p>${parts.join('').replaceAll('  ', ' · ')}</p>
<p>${date.toISOString()}, ${(times.at(-1) ?? 0).toFixed(1)} s in ${plural(times.length, 'look')}</p></header>
${notices.map((notice) => html`<p><b>${notice}</b></p>`)}<main>${overview(about, recording)}${rows.length === 0 ? html`<p>Nothing was counted.</p>` : rows.map(({ key }) => section(tracks.get(key) as Track, times))}</main>
`
  return pageDocument(`rseq top: ${path}`, STYLE, body)
}

/**
 * Records a service and writes the page. Ctrl-C ends the recording, not the command: what was seen is written.
 *
 * @returns the exit code
 */
export async function writeRecording(service: Service, options: Options, file: string): Promise<number> {
  let isOver = false
  const interrupt = (): void => {
    isOver = true
  }
  process.once('SIGINT', interrupt)
  const progress = (done: number, of: number): void => {
    if (stderr.isTTY) stderr.write(`\r${done} of ${plural(of, 'look')}${done === of ? '\n' : ''}`)
  }
  try {
    const seconds = options.seconds ?? SECONDS
    const recording = await record(service, options, seconds, () => isOver, progress)
    writeText(file, page(service.facts, recording, options, new Date()))
    print([
      `${clean(file)}: ${plural(recording.tracks.size, 'metric')}, ${plural(recording.times.length, 'look')}`,
    ])
    return 0
  } finally {
    process.off('SIGINT', interrupt)
  }
}
