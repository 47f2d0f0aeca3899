/** HTML that may go into a page as it is. Only `html` and `trusted` make it, so text never gets in unescaped. */
export class Markup {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

/** What a template may contain: text is escaped, lists are joined, null leaves nothing. */
export type Content = string | number | Markup | null | readonly Content[]

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function rendered(content: Content): string {
  if (content === null) return ''
  if (content instanceof Markup) return content.toString()
  if (Array.isArray(content)) return content.map(rendered).join('')
  return String(content).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
}

/** Tag of a template: its literal parts are HTML, its values are text for an element or a quoted attribute. */
export function html(parts: TemplateStringsArray, ...values: Content[]): Markup {
  return new Markup(String.raw({ raw: parts }, ...values.map(rendered)))
}

/** For text that this package wrote itself: its styles. */
export function trusted(text: string): Markup {
  return new Markup(text)
}
