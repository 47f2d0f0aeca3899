import { writeText } from './files'
import { print } from './output'

/** What a command has found, in all forms that there are of it. */
export interface Result {
  /** For the terminal. */
  readonly lines: readonly string[]
  /** The text of its JSON. */
  json?(): string
  /** Loads what writes its page, which few want. */
  page(): Promise<(file: string) => void>
}

/** The files that somebody asked for. */
export interface Files {
  readonly json?: string | null | undefined
  readonly html?: string | null | undefined
}

/** Shows a result, and writes the files. */
export async function give({ lines, json: text, page }: Result, { json, html }: Files): Promise<void> {
  // Loaded before: where nobody reads the lines to their end, the command ends in its next turn.
  const write = html ? await page() : null
  print(lines)
  if (json && text) writeText(json, text())
  if (html && write) write(html)
}
