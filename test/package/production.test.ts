import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rows as alerts } from '../production/alerts.mjs'
import { rows as mounts } from '../production/mounts.mjs'
import { root } from '../support/world'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const page = read('docs/integrations/production.md')

/** The recipes that need neither a download nor a container's runtime. */
test.each([...mounts, ...alerts])('%s', async (_, expected, make) => {
  expect(await make()).toEqual(expected)
})

test('the page has every alert rule, and no other', () => {
  const rules = [...read('docs/integrations/alerts.yaml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name)
  const named = [...page.matchAll(/^\| `(Rseq\w+)` \|/gm)].map(([, name]) => name)
  expect(named).toEqual(rules)
})

test('the page names no error code that there is not', () => {
  const named = new Set(page.match(/ERR_RSEQ_\w+/g))
  const declared = new Set(read('lib/base/errors.d.ts').match(/ERR_RSEQ_\w+/g))
  expect([...named].filter((code) => !declared.has(code))).toEqual([])
})
