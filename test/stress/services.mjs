// npm run test:stress -- services [WORD]: every row of docs/integrations/services.md whose name has that word: what is expected, and
// what its pages show. With a real PM2, Jest and Vitest; those that are no dependency come from npm, once.
import { isDeepStrictEqual } from 'node:util'
import { fail } from '../support/runner.mjs'
import { Place } from './services/place.mjs'
import { rows } from './services/rows.mjs'
import { toolRows } from './services/tools.mjs'

const shown = (value) => (typeof value === 'string' ? value : JSON.stringify(value))

const word = process.argv[2] ?? ''
const chosen = [...rows, ...toolRows].filter(([name]) => name.includes(word))
if (chosen.length === 0) fail(`no row has the word ${word}`)

const counts = { passed: 0, failed: 0 }
for (const [name, expected, make] of chosen) {
  const place = new Place()
  let seen
  try {
    seen = await make(place)
  } catch (error) {
    seen = `${error.name}: ${error.message}`
  }
  await place.end()
  const holds = isDeepStrictEqual(seen, expected)
  counts[holds ? 'passed' : 'failed']++
  console.log(
    `${holds ? 'ok    ' : 'not ok'} ${name}\n       expected ${shown(expected)}\n       seen     ${shown(seen)}`,
  )
}
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exit(counts.failed > 0 ? 1 : 0)
