// npm run test:machines -- matrix [--no-build] [--jobs N]: a smoke in every cell of the matrix; writes the table of what
// was found to test/machines/vm/results, and ends with one line of totals.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { finish, root } from '../../support/runner.mjs'
import { output } from '../debian/command.mjs'
import { matrix, rowOf } from './cells.mjs'
import { inLanes } from './lanes.mjs'
import { print, smoke } from './smoke.mjs'
import { build, stage } from './stage.mjs'
import { table } from './table.mjs'

const { values } = parseArgs({
  options: { 'no-build': { type: 'boolean' }, jobs: { type: 'string', default: '2' } },
})
if (!values['no-build']) build()

const git = (...args) => output('git', args, { cwd: root }).trim()
const changed = git('status', '--porcelain', '--', 'src', 'test') !== ''
const commit = `${git('rev-parse', '--short', 'HEAD')}${changed ? ' and changes' : ''}`
const date = new Date().toISOString().slice(0, 10)
const results = join(import.meta.dirname, 'results')
const file = join(results, `${date}.md`)
mkdirSync(results, { recursive: true })

/** In each world. Node starts them one after the other, which takes most of a cell's time. */
const WORKERS = 4

const cells = matrix()
const stages = { arm64: stage('arm64'), x64: stage('x64') }
const found = []

await inLanes(Number(values.jobs), cells, async (cell) => {
  const result = await smoke(cell, { folder: stages[cell.arch], few: true, workers: WORKERS })
  print(result)
  found.push(result)
  // After each: a run that is cut short has told what it knew.
  writeFileSync(file, table(cells, found, { date, commit, workers: WORKERS }))
})
for (const folder of Object.values(stages)) rmSync(folder, { recursive: true })
console.log(`\nwritten to ${file}`)
finish(found.map(rowOf))
