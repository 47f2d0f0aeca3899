// The programs and settings of docs/integrations/production.md, as printed: the recipes run these.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/runner.mjs'

/** @param name what stands in the block's first line, a comment. @returns {string} the block */
export function printed(name) {
  const page = readFileSync(join(root, 'docs', 'integrations', 'production.md'), 'utf8')
  const blocks = [...page.matchAll(/^```\w+\n((?:\/\/|#) (.*)\n(?:.*\n)*?)^```$/gm)]
  const [, text] = blocks.find(([, , title]) => title === name) ?? []
  if (text === undefined) throw new Error(`docs/integrations/production.md has no block ${name}`)
  return text
}
