// The package as it ships, loaded by each supported Node in a machine: fast calls too.
import { fetchNode, MAJORS, versionOf } from '../../../scripts/nodes.mjs'
import { runInCell } from './boot.mjs'

const WORKERS = 2
const INCREMENTS = 50_000

async function load(cell, folder, major) {
  const command = `node test/prebuild/load.mjs ${WORKERS} ${INCREMENTS}`
  const { status, stdout, stderr, kernel, seconds } = await runInCell(cell, folder, command, { node: major })
  const name = `Node ${versionOf(fetchNode(cell.arch, major)).version}`
  if (status !== 0)
    return { name, kernel, seconds, fault: `ended with ${status}: ${stderr.trim().slice(-2000)}` }
  const { count, sum, threads } = JSON.parse(stdout)
  const expected = WORKERS * INCREMENTS
  const said = `${count} of ${expected}, sums ${sum} of ${expected / 2}, ${JSON.stringify(threads[0])}`
  const right = threads.every(
    ({ backend, fastCalls, reason }) => backend === 'rseq' && fastCalls && reason === 'OK',
  )
  const held = count === expected && sum === expected / 2 && threads.length === WORKERS && right
  return { name, kernel, seconds, said, fault: held ? null : said }
}

/** @returns {Promise<import('./cells.mjs').Result>} */
export async function nodes(cell, { folder, majors = MAJORS, echo = false }) {
  const loads = []
  for (const major of majors) loads.push(await load(cell, folder, major))
  const faults = loads.flatMap(({ name, fault }) => (fault === null ? [] : `${name}: ${fault}`))
  const seconds = loads.reduce((sum, one) => sum + one.seconds, 0)
  if (echo) {
    console.log(
      `\nthe package under each Node on ${cell.arch}: ${loads[0].kernel}, emulated, ${seconds.toFixed(0)} s`,
    )
    for (const { name, said } of loads) if (said) console.log(`  ${name}: ${said}`)
    for (const fault of faults) console.log(`  FAILED ${fault}`)
  }
  return { cell, release: loads[0].kernel, seconds, passed: loads.length - faults.length, faults }
}
