// npm test: builds everything, runs the tests in every world, and ends with one line of totals.
//   node test/support/run.mjs [--world NAME]... [--no-build] [vitest arguments]
import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { finish, mustRun, root, vitest } from './runner.mjs'
import { behaviour, behaviourBelow, LANES, LIKE_OTHERS, stress, WAYS_IN, worlds } from './worlds.mjs'

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
  const everything = [...some, ...(name === 'default' || LIKE_OTHERS.includes(name) ? [] : stress)]
  const args = positionals.length > 0 ? positionals : everything
  const common = { prefix, folder, env: { ...env, RSEQ_WORLD: name } }
  rows.push(vitest(`world ${name}`, { ...common, args, lanes: LANES }))
  if (name === 'default' && positionals.length === 0)
    rows.push(vitest('once', { ...common, args: behaviour.map((path) => `--exclude=${path}`) }))
  if (folder !== root) rmSync(folder, { recursive: true })
}
finish(rows)
