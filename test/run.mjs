// npm test: builds everything, runs the tests in every world, and ends with one line of totals.
//   node test/run.mjs [--world NAME]... [--no-build] [vitest arguments]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { behaviour, root, worlds } from './worlds.mjs'

const { values, positionals } = parseArgs({
  options: { world: { type: 'string', multiple: true }, 'no-build': { type: 'boolean' } },
  allowPositionals: true,
})

function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { stdio: 'inherit', cwd: root, ...options })
  if (error) console.error(error.message)
  return signal === null ? status : `signal ${signal}`
}

function mustRun(command, args) {
  const status = run(command, args)
  if (status !== 0) {
    console.error(`${command} ${args.join(' ')} failed (${status})`)
    console.log('0 passed, 1 failed')
    process.exit(1)
  }
}

if (!values['no-build']) {
  mustRun('npm', ['run', '--silent', 'build'])
  mustRun(process.execPath, ['scripts/node-gyp.mjs', 'rebuild', '--directory', 'test/native'])
}

const scratch = mkdtempSync(join(tmpdir(), 'rseq-test-'))
const total = { passed: 0, failed: 0, skipped: 0 }
const rows = []

for (const world of worlds) {
  if (values.world && !values.world.includes(world.name)) continue
  const folder = world.folder()
  const report = join(scratch, `${world.name}.json`)
  const files = positionals.length > 0 ? positionals : world.name === 'default' ? [] : behaviour
  console.log(`\n=== world: ${world.name}`)
  const started = Date.now()
  const [command, ...args] = [
    ...world.prefix,
    process.execPath,
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...files,
  ]
  const status = run(command, args, {
    cwd: folder,
    env: { ...process.env, ...world.env, RSEQ_WORLD: world.name },
  })
  const counts = { passed: 0, failed: 0, skipped: 0 }
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'))
    counts.passed = result.numPassedTests
    counts.failed = result.numFailedTests
    counts.skipped = result.numPendingTests + result.numTodoTests
  } catch (error) {
    console.error(`no report from world ${world.name}: ${error.message}`)
  }
  // A runner that failed without a failed test (a file that did not load, a crash) is a failure too.
  if (status !== 0 && counts.failed === 0) counts.failed = 1
  if (status === 0 && counts.passed === 0) counts.failed = 1
  for (const key of Object.keys(total)) total[key] += counts[key]
  rows.push({ world: world.name, ...counts, seconds: Math.round((Date.now() - started) / 1000) })
  if (folder !== root) rmSync(folder, { recursive: true })
}

rmSync(scratch, { recursive: true })
console.log()
console.table(rows)
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`)
process.exit(total.failed > 0 ? 1 : 0)
