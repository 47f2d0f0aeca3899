// npm test: builds everything, runs the tests in every world, and ends with one line of totals.
//   node test/run.mjs [--world NAME]... [--no-build] [vitest arguments]
import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { finish, mustRun, root, vitest } from './runner.mjs'
import { behaviour, behaviourBelow, LIKE_OTHERS, stress, WAYS_IN, worlds } from './worlds.mjs'

const { values, positionals } = parseArgs({
  options: { world: { type: 'string', multiple: true }, 'no-build': { type: 'boolean' } },
  allowPositionals: true,
})

if (!values['no-build']) {
  mustRun('npm', ['run', '--silent', 'build'])
  mustRun(process.execPath, ['scripts/node-gyp.mjs', 'rebuild', '--directory', 'test/native'])
}

const rows = []
for (const { name, env, prefix, stage } of worlds) {
  if (values.world && !values.world.includes(name)) continue
  const folder = stage?.() ?? root
  const some = WAYS_IN.includes(name) ? behaviour : behaviourBelow
  const everything = name === 'default' ? [] : LIKE_OTHERS.includes(name) ? some : [...some, ...stress]
  const args = positionals.length > 0 ? positionals : everything
  rows.push(vitest(`world ${name}`, { args, prefix, folder, env: { ...env, RSEQ_WORLD: name } }))
  if (folder !== root) rmSync(folder, { recursive: true })
}
finish(rows)
