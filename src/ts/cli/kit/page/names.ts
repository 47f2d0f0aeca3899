import type { Origin } from '../limits'
import { summary } from './facts'
import { html, type Markup } from './html'

/** What two runs that are compared are called: the files that they were read from, clean. */
export type Names = readonly [a: string, b: string]

/** What a page of two runs begins with: which is which. */
export function comparisonHeader(runs: readonly [Origin, Origin], names: Names): Markup {
  const items = runs.map(
    (run, i) => html`<p><b>${'AB'.charAt(i)}</b> <b>${names[i] ?? ''}</b><br>${summary(run)}</p>`,
  )
  return html`<header><h1>rseq compare</h1>${items}</header>
`
}

/** … and what it is called. */
export function comparisonTitle([a, b]: Names): string {
  return `rseq compare: ${a}, ${b}`
}
