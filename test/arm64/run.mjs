// npm run test:arm64: builds the addon with a cross compiler, looks into it, and ends with one line of totals.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const CC = 'aarch64-linux-gnu-gcc'
const CXX = 'aarch64-linux-gnu-g++'

function run(command, args, env = {}) {
  const options = { stdio: 'inherit', cwd: root, env: { ...process.env, ...env } }
  const { status, signal, error } = spawnSync(command, args, options)
  if (error) console.error(error.message)
  return signal === null ? status : `signal ${signal}`
}

function fail(message) {
  console.error(message)
  console.log('0 passed, 1 failed')
  process.exit(1)
}

for (const compiler of [CC, CXX]) {
  if (spawnSync(compiler, ['--version']).status === 0) continue
  fail(`${compiler} is missing: install Debian's g++-aarch64-linux-gnu`)
}

const gyp = ['rebuild', '--directory=test/arm64', '--arch=arm64']
const built = run(process.execPath, [join('scripts', 'node-gyp.mjs'), ...gyp], { CC, CXX })
if (built !== 0) fail(`node-gyp failed (${built})`)

const scratch = mkdtempSync(join(tmpdir(), 'rseq-arm64-'))
const report = join(scratch, 'report.json')
const status = run(process.execPath, [
  join('node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--config=test/arm64/vitest.config.mjs',
  `--root=${root}`,
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
])
let passed = 0
let failed = 0
try {
  const result = JSON.parse(readFileSync(report, 'utf8'))
  passed = result.numPassedTests
  failed = result.numFailedTests
} catch (error) {
  console.error(`no report: ${error.message}`)
}
rmSync(scratch, { recursive: true })
// A runner that failed without a failed test (a file that did not load, a crash) is a failure too.
if (failed === 0 && (status !== 0 || passed === 0)) failed = 1
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
