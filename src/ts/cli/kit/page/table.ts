import { type Content, html, Markup, trusted } from './html'

const TEXT_COLUMNS = ['Kind', 'B is', 'Taken by']

/** A table that scrolls inside the page where it is wider; focusable, so that keys scroll it too. */
export function table(caption: string, head: readonly string[], rows: readonly Content[]): Markup {
  return html`<div class="table" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${head.map((name) => html`<th scope="col"${TEXT_COLUMNS.includes(name) ? trusted(' class="text"') : null}>${name}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>
`
}

/** A row of a table: texts become cells; markup is a cell, or several, already. @param kind its class */
export function row(label: string, cells: readonly Content[], kind?: string): Markup {
  const own = kind === undefined ? null : html` class="${kind}"`
  return html`<tr${own}><th scope="row">${label}</th>${cells.map((cell) => (cell instanceof Markup ? cell : html`<td>${cell}</td>`))}</tr>
`
}
