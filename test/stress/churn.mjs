// npm run test:stress -- churn NAMES ALIVE: two processes with two threads each make NAMES names in one region, of all
// kinds, and close them again, so that ALIVE are open at a time. Prints what came of it as one line of JSON,
// and fails where an object is not empty at first or does not hold what was added, or where memory grows with
// the names that were made.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Region } from 'rseq'
import { deadline, ended, finish, heard, scratch, start } from '../support/children.mjs'

const NAMES = Number(process.argv[2])
const ALIVE = Number(process.argv[3])
const PROCESSES = 2
const THREADS = 2
const MEBIBYTE = 2 ** 20
/** What a heap and its allocator come and go by. */
const RSS_SLACK = 32 * MEBIBYTE
/** Pages that a run of cells or texts happens to reach, by the order in which names are closed. */
const FILE_SLACK = MEBIBYTE
deadline(60 + NAMES / 1000)

const file = join(scratch(), 'region')
const region = Region.create({ file })
const violations = []
const started = performance.now()
const share = [NAMES, ALIVE].map((all) => Math.floor(all / PROCESSES / THREADS))
const children = Array.from({ length: PROCESSES }, (_, i) =>
  start('churning.mjs', file, i * THREADS, THREADS, ...share),
)

/** When all threads have come so far: nothing changes while this looks. */
async function sample(did) {
  const reports = await Promise.all(children.map((child) => heard(child, did)))
  violations.push(...reports.flatMap((report) => report.violations))
  const { cellsUsed, namesUsed } = region.usage
  const rss = reports.map((report) => report.rss)
  const cells = reports.reduce((sum, report) => sum + report.cells, 0)
  const alive = share[1] * PROCESSES * THREADS
  if (namesUsed !== alive) violations.push(`${did}: ${namesUsed} names in use, ${alive} open`)
  if (cellsUsed !== cells) violations.push(`${did}: ${cellsUsed} cells in use, ${cells} open`)
  const bytes = statSync(file).blocks * 512
  for (const child of children) child.send('on')
  return { rss, bytes, cellsUsed, namesUsed }
}

const quarter = await sample('quarter')
const end = await sample('end')
const seconds = (performance.now() - started) / 1000
await Promise.all(children.map(ended))

end.rss.forEach((rss, i) => {
  const before = quarter.rss[i]
  if (rss > before + RSS_SLACK) violations.push(`a process grew from ${before} to ${rss} bytes`)
})
if (end.bytes > quarter.bytes + FILE_SLACK) {
  violations.push(`the file grew from ${quarter.bytes} to ${end.bytes} bytes`)
}
const { cellsUsed, namesUsed } = region.usage
if (cellsUsed !== 0 || namesUsed !== 0) violations.push(`${cellsUsed} cells, ${namesUsed} names left`)
if (region.list().length !== 0) violations.push('a closed name is still there')
finish({ names: NAMES, alive: ALIVE, quarter, end, namesPerSecond: Math.round(NAMES / seconds) }, violations)
