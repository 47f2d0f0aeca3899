// npm run test:nodes [-- 22 24]: the behaviour tests on the newest of each supported Node, with fast calls and
// without, and with an own registration.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fetchNode, MAJORS } from '../../scripts/nodes.mjs'
import { finish, mustRun, root, vitest } from '../runner.mjs'
import { behaviour, behaviourBelow, stage } from '../worlds.mjs'

const wanted = process.argv.length > 2 ? process.argv.slice(2) : MAJORS

mustRun('npm', ['run', '--silent', 'build'])
mustRun(process.execPath, ['scripts/node-gyp.mjs', 'rebuild', '--directory', 'test/native'])

// What is exact a million times on one Node need not be so on each.
const FEWER = { RSEQ_TEST_INCREMENTS: '250000', RSEQ_TEST_CALLS: '10000' }

const rows = []
for (const major of wanted) {
  const node = join(fetchNode(process.arch, major), 'bin', 'node')
  const { stdout } = spawnSync(node, ['-p', 'process.version'], { encoding: 'utf8' })
  const folder = stage()
  for (const part of ['binding.gyp', 'src', 'scripts'])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  mustRun(node, ['scripts/node-gyp.mjs', 'rebuild'], { cwd: folder, env: { npm_config_nodedir: '' } })
  const args = [...behaviour, 'test/fastcalls.test.ts', 'test/stale.test.ts']
  const name = `Node ${stdout.trim()}`
  rows.push(vitest(`${name}, fast calls`, { node, folder, args, env: FEWER }))
  rows.push(
    vitest(`${name}, N-API`, {
      node,
      folder,
      args: behaviourBelow,
      env: { ...FEWER, RSEQ_FAST_CALLS: '0', RSEQ_WORLD: 'napi' },
    }),
    vitest(`${name}, own registration`, {
      node,
      folder,
      args: behaviourBelow,
      env: { ...FEWER, GLIBC_TUNABLES: 'glibc.pthread.rseq=0', RSEQ_WORLD: 'self' },
    }),
  )
  rmSync(folder, { recursive: true })
}
finish(rows)
