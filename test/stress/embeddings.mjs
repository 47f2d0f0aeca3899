// npm run test:stress -- embeddings [--write]: the package in all that Node is started with or put into. In each: everything.cjs in the
// main thread and in workers, and a region's file; exact, by rseq, or by what is documented where there is no addon.
// Bundlers, Bun, Deno and package managers are test/package's.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from '../../scripts/cache.mjs'
import { fetchNode } from '../../scripts/nodes.mjs'
import { differences, EVERYTHING, everything, Findings, root, run, scratch } from './findings.mjs'

const ROUNDS = 20_000
const findings = new Findings('test:stress -- embeddings')
const ADDON = { backend: 'rseq', reason: 'OK' }
const NONE = { backend: 'portable', reason: 'NO_ADDON' }

let files = 0
/** Of a region, for each trial its own. */
const file = () => join(scratch, `region-${++files}`)

function check(what, result, expected = ADDON, says = '') {
  const threads = result.threads ?? []
  const wrong = threads.flatMap((thread) => differences(thread, expected))
  findings.add(what, result, [...new Set(wrong)], says)
}

// --- Node's options

const nodes = new Map([[process.versions.node.split('.')[0], process.execPath]])
for (const major of ['20', '21', '22', '23', '24', '25', '26'])
  if (!nodes.has(major)) nodes.set(major, join(fetchNode(process.arch, major), 'bin', 'node'))
const newest = nodes.get('26')

const started = (what, args, expected, node = process.execPath, options = {}) =>
  check(what, everything({ rounds: ROUNDS, file: file(), ...options }, { node: [node, ...args] }), expected)

for (const [major, node] of [...nodes].sort()) {
  started(
    `Node ${major}, ${execFileSync(node, ['-p', 'process.version'], { encoding: 'utf8' }).trim()}`,
    [],
    ADDON,
    node,
  )
  const permission = Number(major) < 23 ? '--experimental-permission' : '--permission'
  const all = [permission, '--allow-fs-read=*', '--allow-fs-write=*', '--allow-worker']
  started(`… ${permission} --allow-addons`, [...all, '--allow-addons'], ADDON, node)
  started(`… ${permission} without it`, all, NONE, node)
}
const OPTIONS = [
  ...['--jitless', '--disallow-code-generation-from-strings', '--frozen-intrinsics', '--disable-proto=throw'],
  ...[
    '--disable-proto=delete',
    '--single-threaded',
    '--force-context-aware',
    '--no-opt',
    '--always-sparkplug',
  ],
  ...[
    '--stress-compaction',
    '--zero-fill-buffers',
    '--inspect=0',
    '--enable-source-maps',
    '--no-node-snapshot',
  ],
]
for (const option of OPTIONS) started(option, [option], ADDON)
started('--no-addons', ['--no-addons'], NONE)
for (const option of [
  '--jitless',
  '--frozen-intrinsics',
  '--disallow-code-generation-from-strings',
  '--no-addons',
])
  started(`Node 26, ${option}`, [option], option === '--no-addons' ? NONE : ADDON, newest)

// --- contexts and test runners

const contexts = (node) => run(node, [join(root, 'test', 'fixtures', 'contexts.cjs'), '20', '3000'])
check('20 contexts of vm, one after the other and at a time', contexts(process.execPath))
check('… in Node 26', contexts(newest))

/** A test for a runner, which writes what came of it to a file. */
function testFile(name, to) {
  const path = join(scratch, name)
  writeFileSync(
    path,
    `${name.startsWith('node') ? "const { test } = require('node:test')\n" : ''}test('everything', async () => {
      const { main } = require(${JSON.stringify(EVERYTHING)})
      const result = await main({ rounds: ${ROUNDS}, file: ${JSON.stringify(file())} })
      require('node:fs').writeFileSync(${JSON.stringify(to)}, JSON.stringify(result))
    })\n`,
  )
  return path
}

/** What runners' tests wrote. */
function written(what, command, args, to, cwd = scratch) {
  for (const path of to) rmSync(path, { force: true })
  const { NODE_OPTIONS: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env,
    timeout: 600_000,
  })
  if (status !== 0 || !to.every((path) => existsSync(path)))
    return findings.add(what, { failed: `ended with ${status}`, stderr: stdout + stderr })
  const read = (path) => JSON.parse(execFileSync('cat', [path], { encoding: 'utf8' }))
  const results = to.map(read)
  const [first] = results
  const done = results.reduce((sum, one) => sum + one.done, 0)
  const all = (key) => results.flatMap((one) => one[key])
  check(what, { ...first, done, threads: all('threads'), violations: all('violations') })
}

const outputs = [1, 2].map((i) => join(scratch, `written-${i}.json`))
const nodeTests = outputs.map((to, i) => testFile(`node-${i}.test.cjs`, to))
written('node --test', process.execPath, ['--test', ...nodeTests], outputs)
written(
  'Node 26, node --test --test-isolation=none',
  newest,
  ['--test', '--test-isolation=none', ...nodeTests],
  outputs,
)

const jest = join(cache, 'jest-29')
if (!existsSync(jest)) {
  const aside = join(scratch, 'jest')
  mkdirSync(aside)
  writeFileSync(join(aside, 'package.json'), '{"private":true}')
  const words = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', 'jest@29']
  // By a copy: the cache is on another file system than what is temporary, or may be.
  if (spawnSync('npm', words, { cwd: aside, stdio: 'inherit' }).status === 0) {
    execFileSync('cp', ['-r', aside, `${jest}.${process.pid}`])
    renameSync(`${jest}.${process.pid}`, jest)
  }
}
if (!existsSync(jest)) findings.note('jest: not tried, npm cannot give it')
else {
  for (const [i, to] of outputs.entries()) testFile(`jest-${i}.spec.js`, to)
  const program = join(jest, 'node_modules', 'jest', 'bin', 'jest.js')
  const config = JSON.stringify({
    testTimeout: 600_000,
    rootDir: scratch,
    testMatch: ['**/*.spec.js'],
    transform: {},
  })
  for (const workers of [['--runInBand'], ['--maxWorkers=2']])
    written(`jest 29 ${workers}`, process.execPath, [program, '--config', config, ...workers], outputs)
}

const BEHAVIOUR = ['batch', 'counter', 'cpu', 'entries', 'pool', 'ring'].map((name) => `test/${name}.test.ts`)
const VITEST = join(root, 'node_modules', 'vitest', 'vitest.mjs')
/** What contexts of vm have not: a cache of modules to take the package out of, and in Node 20 a Symbol.dispose. */
const NOT_IN_CONTEXTS = ['what is refused is named', 'released at the end of its block']
for (const pool of ['threads', 'vmThreads', 'vmForks']) {
  const args = [VITEST, 'run', `--pool=${pool}`, '--reporter=json']
  const left = pool.startsWith('vm') ? NOT_IN_CONTEXTS : []
  if (left.length > 0) args.push('--testNamePattern', `^(?!.*(${left.join('|')}))`)
  const tested = run(process.execPath, [...args, ...BEHAVIOUR], { seconds: 300 })
  const { numPassedTests, numFailedTests } = tested
  findings.add(
    `vitest, pool: ${pool}`,
    tested,
    numFailedTests === 0 && numPassedTests > 0 ? [] : [`${numFailedTests} tests failed`],
    `${numPassedTests} tests${left.length > 0 ? `, all but: ${left.join(', ')}` : ''}`,
  )
}

// --- single executables

const program = join(scratch, 'single')
const main = join(scratch, 'single.cjs')
writeFileSync(
  main,
  `const { createRequire } = require('node:module')
  createRequire(process.env.PROGRAM)(process.env.PROGRAM)
    .main(JSON.parse(process.env.OPTIONS))
    .then((result) => console.log(JSON.stringify(result)))\n`,
)
writeFileSync(
  join(scratch, 'single.json'),
  JSON.stringify({ main, output: program, disableExperimentalSEAWarning: true }),
)
const sea = spawnSync(newest, ['--build-sea', join(scratch, 'single.json')], { encoding: 'utf8' })
if (sea.status !== 0) findings.add('a single executable', { failed: 'not built', stderr: sea.stderr })
else {
  const env = { PROGRAM: EVERYTHING, OPTIONS: JSON.stringify({ rounds: ROUNDS, file: file() }) }
  check('a single executable of Node 26, the package beside', run(program, [], { env }))
}
findings.finish()
