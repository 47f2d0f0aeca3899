// npm run test:package -- nodes [--no-build] [22 24]: the behaviour tests, with the prebuilds that users get, on the newest of each
// supported Node but the one that runs this and `npm test`. On the newest all of them, also without fast calls and with an own
// registration; on the others those that an engine or a kernel can make fail. A Node that is named gets all.
// --no-build takes lib/ and prebuilds/ as they are, however old.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fetchNode, MAJORS } from '../../../scripts/nodes.mjs'
import { fail, finish, make, mustRun, root, vitest } from '../../support/runner.mjs'
import { behaviour, behaviourBelow, LANES, stage } from '../../support/worlds.mjs'

const isBuilt = process.argv.includes('--no-build')
const named = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const wanted = named.length > 0 ? named : MAJORS

if (!isBuilt) {
  for (const script of ['build:ts', 'build:prebuilds']) mustRun('npm', ['run', '--silent', script])
  make('test/native', ['helpers'])
}
const addons = join('prebuilds', `linux-${process.arch}`)
if (!existsSync(join(root, addons))) fail(`${addons} is missing: run without --no-build`)

// What is exact a million times on one Node need not be so on each.
const FEWER = { RSEQ_TEST_INCREMENTS: '250000', RSEQ_TEST_CALLS: '10000' }

const rows = []
for (const major of wanted) {
  const node = join(fetchNode(process.arch, major), 'bin', 'node')
  const { stdout } = spawnSync(node, ['-p', 'process.version'], { encoding: 'utf8' })
  const version = stdout.trim()
  if (named.length === 0 && version === process.version) {
    console.log(`\nNode ${version}: this one, which npm test runs in the same worlds`)
    continue
  }
  const folder = stage()
  cpSync(join(root, addons), join(folder, addons), { recursive: true })
  const isWhole = named.length > 0 || major === MAJORS.at(-1)
  const some = isWhole ? behaviour : behaviourBelow
  const args = [...some, 'test/unit/backend/fastcalls.test.ts', 'test/unit/backend/stale.test.ts']
  const name = `Node ${version}`
  const common = { node, folder, lanes: LANES }
  rows.push(vitest(`${name}, fast calls`, { ...common, args, env: FEWER }))
  // N-API and registrations are the same for each Node: the newest will do.
  const others = [
    ['N-API', { RSEQ_FAST_CALLS: '0', RSEQ_WORLD: 'napi' }],
    ['own registration', { GLIBC_TUNABLES: 'glibc.pthread.rseq=0', RSEQ_WORLD: 'self' }],
  ]
  for (const [what, env] of isWhole ? others : [])
    rows.push(vitest(`${name}, ${what}`, { ...common, args: behaviourBelow, env: { ...FEWER, ...env } }))
  rmSync(folder, { recursive: true })
}
finish(rows)
