import { type Content, html, type Markup } from './html'

/** One thing that a reader wants to know first: a figure, what it is, and what belongs to it. */
export interface Card {
  readonly figure: string
  readonly text: Content
  readonly small: string
  readonly isBad?: boolean
}

/** What a page opens with; nothing without cards. */
export function headlines(cards: readonly Card[]): Markup | null {
  if (cards.length === 0) return null
  return html`<ul class="headlines">${cards.map(
    ({ figure, text, small, isBad = false }) =>
      html`<li${isBad ? html` class="bad"` : null}><strong>${figure}</strong><span>${text}</span><small>${small}</small></li>`,
  )}</ul>
`
}

/** What a reader has to know before the first figure. */
export function banner(strong: string | null, text: string): Markup {
  return html`<p class="banner">${strong && html`<b>${strong}</b> `}${text}</p>
`
}

/** What colours stand for. */
export function legend(entries: readonly (readonly [kind: string, text: string])[]): Markup {
  return html`<ul class="legend">${entries.map(([kind, text]) => html`<li><i class="swatch ${kind}"></i>${text}</li>`)}</ul>
`
}
