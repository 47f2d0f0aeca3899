// npm run test:package -- production [WORD]: the recipes of docs/integrations/production.md whose name has that word: what is expected
// of the service, and what it says. Needs root and Debian's runc, golang-github-containers-common, systemd-container and prometheus; PM2 and
// Next.js come from npm, once.
import { tmpdir } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import { fail, root } from '../support/runner.mjs'
import { rows } from './rows.mjs'

if (`${root}/`.startsWith(`${tmpdir()}/`))
  fail(`${root} is below ${tmpdir()}, which containers and units have of their own: use a checkout elsewhere`)

const shown = (value) => [value].flat().join('; ')

const word = process.argv[2] ?? ''
const chosen = rows.filter(([name]) => name.includes(word))
if (chosen.length === 0) fail(`no recipe has the word ${word}`)

const counts = { passed: 0, failed: 0 }
for (const [name, expected, make] of chosen) {
  let seen
  try {
    seen = await make()
  } catch (error) {
    seen = `${error.name}: ${error.message}`
  }
  const holds = isDeepStrictEqual(seen, expected)
  counts[holds ? 'passed' : 'failed']++
  console.log(`${holds ? 'ok    ' : 'not ok'} ${name}\n       ${shown(seen)}`)
  if (!holds) console.log(`       expected ${shown(expected)}`)
}
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exit(counts.failed > 0 ? 1 : 0)
