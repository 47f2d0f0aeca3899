// node scripts/node-gyp.mjs ARGUMENTS…: node-gyp, with the headers that came with this Node where there are
// any, so that a build downloads nothing. A nodedir that is configured already stays. Quiet unless it fails.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

const prefix = dirname(dirname(process.execPath))
const env = { ...process.env }
if (!env.npm_config_nodedir && existsSync(join(prefix, 'include', 'node', 'node_api.h'))) {
  env.npm_config_nodedir = prefix
}
const nodeGyp = join(import.meta.dirname, '..', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js')
const { status, stdout, stderr } = spawnSync(process.execPath, [nodeGyp, ...process.argv.slice(2)], {
  encoding: 'utf8',
  env,
  maxBuffer: 64 * 1024 * 1024,
})
if (status !== 0) {
  process.stdout.write(stdout)
  process.stderr.write(stderr)
} else {
  // Compiler warnings are for reading, even in a build that works.
  const warnings = stderr.split('\n').filter((line) => /warning:/.test(line))
  for (const warning of warnings) console.error(warning)
}
process.exit(status ?? 1)
