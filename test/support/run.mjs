// npm test: builds everything, runs the behaviour tests in the default world and in the portable one, and ends with one line of
// totals. npm run test:all: in every world, and all tests that need one world alone.
//   node test/support/run.mjs [--all | --rest] [--world NAME]... [--no-build] [vitest arguments]
// --rest is what --all has and npm test has not.
import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { finish, make, mustRun, root, vitest } from './runner.mjs'
import { behaviour, behaviourBelow, LANES, LIKE_OTHERS, QUICK, stress, WAYS_IN, worlds } from './worlds.mjs'

const { values, positionals } = parseArgs({
  options: {
    all: { type: 'boolean' },
    rest: { type: 'boolean' },
    world: { type: 'string', multiple: true },
    'no-build': { type: 'boolean' },
  },
  allowPositionals: true,
})

const isWhole = values.all || values.rest || values.world || positionals.length > 0
if (!values['no-build']) mustRun('npm', ['run', '--silent', 'build'])
// What is compiled with delays and mistakes takes longer than the tests of the two worlds that a newcomer waits for.
if (values.rest || !values['no-build']) make('test/native', isWhole ? [] : ['helpers'])

const isMeant = (name) => {
  if (values.world) return values.world.includes(name)
  if (values.rest) return !QUICK.includes(name)
  return values.all || QUICK.includes(name)
}

const rows = []
for (const { name, env, prefix, stage } of worlds.filter(({ name }) => isMeant(name))) {
  const folder = stage?.() ?? root
  const some = WAYS_IN.includes(name) ? behaviour : behaviourBelow
  const args = positionals.length > 0 ? positionals : [...some, ...(LIKE_OTHERS.includes(name) ? [] : stress)]
  rows.push(
    vitest(`world ${name}`, { prefix, folder, env: { ...env, RSEQ_WORLD: name }, args, lanes: LANES }),
  )
  if (folder !== root) rmSync(folder, { recursive: true })
}
// Files that no world makes a difference to.
if ((values.all || values.rest) && !values.world && positionals.length === 0) {
  const args = behaviour.map((path) => `--exclude=${path}`)
  rows.push(vitest('once', { env: { RSEQ_WORLD: 'default' }, args, lanes: LANES }))
}
finish(rows)
