// npm run test:nodes [-- 22 24]: the behaviour tests on the newest of each supported Node, with fast calls and
// without, and with an own registration. The Nodes come from npm, and stay in node_modules/.cache.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fail, finish, mustRun, root, vitest } from '../runner.mjs'
import { behaviour, stage } from '../worlds.mjs'

const MAJORS = ['20', '22', '24', '26']
const wanted = process.argv.length > 2 ? process.argv.slice(2) : MAJORS
const cache = join(root, 'node_modules', '.cache', 'nodes')

/** @returns the path of that Node's program; its headers are where node-gyp finds them */
function fetch(major) {
  const folder = join(cache, `${process.arch}-${major}`)
  const node = join(folder, 'bin', 'node')
  if (existsSync(node)) return node
  mkdirSync(folder, { recursive: true })
  const name = `node-linux-${process.arch}@${major}`
  console.log(`fetching ${name}`)
  const packed = spawnSync('npm', ['pack', '--silent', name], { cwd: folder, encoding: 'utf8' })
  if (packed.status !== 0) fail(`${name} cannot be had from npm: ${packed.stderr}`)
  const archive = packed.stdout.trim().split('\n').at(-1)
  mustRun('tar', ['xzf', archive, '--strip-components=1'], { cwd: folder })
  rmSync(join(folder, archive))
  return node
}

mustRun('npm', ['run', '--silent', 'build'])
mustRun(process.execPath, ['scripts/node-gyp.mjs', 'rebuild', '--directory', 'test/native'])

const rows = []
for (const major of wanted) {
  const node = fetch(major)
  const { stdout } = spawnSync(node, ['-p', 'process.version'], { encoding: 'utf8' })
  const folder = stage()
  for (const part of ['binding.gyp', 'src', 'scripts'])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  mustRun(node, ['scripts/node-gyp.mjs', 'rebuild'], { cwd: folder, env: { npm_config_nodedir: '' } })
  const args = [...behaviour, 'test/fastcalls.test.ts', 'test/stale.test.ts']
  const name = `Node ${stdout.trim()}`
  rows.push(vitest(`${name}, fast calls`, { node, folder, args }))
  rows.push(
    vitest(`${name}, N-API`, {
      node,
      folder,
      args: behaviour,
      env: { RSEQ_FAST_CALLS: '0', RSEQ_WORLD: 'napi' },
    }),
    vitest(`${name}, own registration`, {
      node,
      folder,
      args: behaviour,
      env: { GLIBC_TUNABLES: 'glibc.pthread.rseq=0', RSEQ_WORLD: 'self' },
    }),
  )
  rmSync(folder, { recursive: true })
}
finish(rows)
