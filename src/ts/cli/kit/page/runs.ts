import type { Names } from '../comparison'
import { writeText } from '../files'
import type { Origin } from '../limits'
import { pageDocument } from './document'
import { type FactList, factsSection, summary } from './facts'
import { type Content, html } from './html'

/** What a command's pages have, of one run or of two. */
export interface Kind<R> {
  readonly command: string
  readonly style: string
  /** Class of the main part. */
  readonly look?: string | null
  facts(run: R): FactList
}

/** Writes one run as a page that needs nothing else: no network, no other file. */
export function writeRun<R extends Origin>(
  kind: Kind<R>,
  run: R,
  file: string,
  body: Content,
  about: Content = null,
): void {
  const header = html`<h1>rseq ${kind.command}</h1><p>${summary(run)}</p>${about}`
  write(kind, [run], file, `rseq ${kind.command}: ${run.machine.cpu}`, header, body)
}

/** Writes two runs beside each other, as the same kind of page. */
export function writeRuns<R extends Origin>(
  kind: Kind<R>,
  runs: readonly [R, R],
  file: string,
  body: Content,
  names: Names,
): void {
  const items = runs.map(
    (run, i) => html`<p><b>${'AB'.charAt(i)}</b> <b>${names[i] ?? ''}</b><br>${summary(run)}</p>`,
  )
  write(kind, runs, file, `rseq compare: ${names.join(', ')}`, html`<h1>rseq compare</h1>${items}`, body)
}

function write<R extends Origin>(
  { style, look = null, facts }: Kind<R>,
  runs: readonly R[],
  file: string,
  title: string,
  header: Content,
  body: Content,
): void {
  const versions = [...new Set(runs.map(({ version }) => version))].join(' and ')
  const all = html`<header>${header}</header>
<main${look && html` class="${look}"`}>${body}${factsSection(runs.map(facts))}</main>
<footer>Written by rseq ${versions}.</footer>
`
  writeText(file, pageDocument(title, style, all))
}
