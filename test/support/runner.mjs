// What the test runners share: a step that must succeed, one run of vitest, and the closing line of totals.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')

function run(command, args, options = {}) {
  const { env, cwd = root } = options
  const { status, signal, error } = spawnSync(command, args, {
    stdio: 'inherit',
    cwd,
    env: { ...process.env, ...env },
  })
  if (error) console.error(error.message)
  return signal === null ? status : `signal ${signal}`
}

/** Ends the run as failed, saying why. */
export function fail(message) {
  console.error(message)
  console.log('0 passed, 1 failed')
  process.exit(1)
}

/** Runs a command that everything after it needs. */
export function mustRun(command, args, options = {}) {
  const status = run(command, args, options)
  if (status !== 0) fail(`${command} ${args.join(' ')} failed (${status})`)
}

/** Builds targets of a folder's binding.gyp, or all of them, two files at once. */
export function make(where, targets = []) {
  mustRun(process.execPath, [join(root, 'scripts', 'node-gyp.mjs'), 'configure', '--directory', where])
  mustRun('make', ['--silent', '-j2', '-C', join(root, where, 'build'), 'BUILDTYPE=Release', ...targets])
}

/** Ends the run as failed where a tool is missing, saying what to install. @param args  with which it ends well */
export function mustHave(command, advice, args = ['--version']) {
  if (spawnSync(command, args).status !== 0) fail(`${command} is missing: ${advice}`)
}

/**
 * Runs vitest as a process of its own.
 * @param {string} name what the row in the table of totals is called
 * @param {{ args?: string[], env?: object, prefix?: string[], folder?: string, node?: string, lanes?: number }} options
 *   prefix: a command that starts it; folder: where the tests and the package stand; node: another Node; lanes: how many
 *   files at a time
 */
export function vitest(name, options = {}) {
  const { args = [], env = {}, prefix = [], folder = root, node = process.execPath, lanes = 1 } = options
  const scratch = mkdtempSync(join(tmpdir(), 'rseq-test-'))
  const report = join(scratch, 'report.json')
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const parallel = lanes > 1 ? ['--fileParallelism', `--maxWorkers=${lanes}`] : []
  console.log(`\n=== ${name}`)
  const started = Date.now()
  const [command, ...rest] = [...prefix, node, program, 'run', ...reporters, ...parallel, ...args]
  const status = run(command, rest, { cwd: folder, env })
  const row = { run: name, passed: 0, failed: 0, skipped: 0, seconds: 0 }
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'))
    row.passed = result.numPassedTests
    row.failed = result.numFailedTests
    row.skipped = result.numPendingTests + result.numTodoTests
  } catch (error) {
    console.error(`no report from ${name}: ${error.message}`)
  }
  // A runner that failed without a failed test (a file that did not load, a crash) is a failure too.
  if (row.failed === 0 && (status !== 0 || row.passed === 0)) row.failed = 1
  row.seconds = Math.round((Date.now() - started) / 1000)
  rmSync(scratch, { recursive: true })
  return row
}

/** Prints the rows and the closing line, and ends the process. */
export function finish(rows) {
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0)
  console.log()
  if (rows.length > 1) console.table(rows)
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''
  console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped}`)
  process.exit(sum('failed') > 0 ? 1 : 0)
}
