import { stderr } from 'node:process'
import { clean } from './clean'

/** What went wrong, as one line on standard error, and lines below it. */
export function complain(message: string, below: readonly string[] = []): void {
  stderr.write(`${[`rseq: ${message}`, ...below].map(clean).join('\n')}\n`)
}
