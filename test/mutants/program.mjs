// A copy of the package in a folder of its own, in which one file at a time is changed, and what tells that it was: the program
// `structures`, and the tests.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { inLanes } from '../machines/vm/lanes.mjs'
import { fail, root } from '../support/runner.mjs'
import { fastAddon, stage, worlds } from '../support/worlds.mjs'

const OWN = join(root, 'test', 'native', 'structures')
const OF_NODE = /^addon\//

/** `structures`, as it runs: the parts in a thread's three ways to count, with sections or without, and damaged files. A fixed seed: a short run. */
const RUNS = [
  ['default', ['0', '1'], true],
  ['self', ['0', '2'], true],
  ['enosys', ['0', '3'], false],
  ['default', ['damaged', '200', '4'], true],
]

/** The files' own tests; others are those of the same name. Not the ones that take long. */
const TESTS = {
  'area.cc': [
    'unit/thread/area',
    'unit/thread/status',
    'stress/abort-check',
    'native/singlestep',
    'stress/seccomp',
  ],
  'area_pool.cc': ['unit/thread/area', 'unit/thread/lifecycle'],
  'counter.cc': [
    'unit/counter/counter',
    'unit/counter/batch',
    'unit/counter/sum',
    'unit/metrics/survey',
    'unit/prom-client/gauge',
  ],
  'drain.cc': ['unit/ring/ring', 'unit/ring/records'],
  'drain_reader.h': ['unit/ring/ring', 'unit/ring/records'],
  'hot-calls.ts': ['unit/backend/fastcalls', 'unit/counter/counter'],
  'histogram.cc': ['unit/histogram/reading', 'unit/counter/sum', 'unit/counter/batch', 'unit/metrics/survey'],
  'addon.ts': ['unit/backend/native', 'unit/backend/fastcalls', 'unit/counter/counter'],
  'page.cc': ['unit/prom-client/page', 'unit/metrics/rows'],
  'pool.cc': ['unit/pool/pool'],
  'pool_owners.cc': ['unit/pool/pool'],
  'ring.cc': ['unit/ring/ring', 'unit/ring/records'],
  'trust.cc': ['unit/thread/status', 'unit/thread/cpu', 'stress/abort-check'],
  'counter.h': ['unit/counter/counter', 'unit/counter/batch', 'unit/counter/sum', 'unit/backend/fastcalls'],
  'x86_64.h': [
    'unit/counter/counter',
    'unit/pool/pool',
    'unit/ring/ring',
    'native/singlestep',
    'package/abi',
    'stress/abort-check',
  ],
}
/** Of what is in region/, and in objects/ where nothing else is said. */
const OF_REGIONS = [
  'unit/region/region',
  'unit/region/entries',
  'unit/region/roles',
  'unit/pool/pool',
  'unit/ring/ring',
]

const MAKE = ['make', '--silent', `-j${availableParallelism()}`, '-C', 'build', 'BUILDTYPE=Release']

/** What is inline is tested as changed by these. */
const isInline = ([from]) =>
  /\/(?:arenas|bitmaps|cells|copies|formats|interrupted|numbers|owning|reading|sections|shapes|stepping)\.cc$/.test(
    from,
  )
/** Whether an object file's source includes a header, as the compiler says. */
const includes = (object, header) =>
  readFileSync(object.replace(/\.o$/, '.d'), 'utf8').split(/\s+/).includes(header)

function hash(files) {
  const all = createHash('sha256')
  for (const file of files) all.update(readFileSync(file))
  return all.digest('hex')
}

const worldOf = (name) => worlds.find((world) => world.name === name)

export class Program {
  #folder = stage()
  /** What `structures` has of its own: compiled once, so that a header's mutant is held against the header as it was. */
  #parts = [OWN, join(OWN, 'parts')].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /^(?!bugs_addon).*\.cc$/.test(name))
      .map((name) => [join(folder, name), join(this.#folder, name.replace('.cc', '.o'))]),
  )
  #running = new Set()
  #compile
  /** Milliseconds that each command took when nothing was changed. */
  #usual = new Map()

  constructor() {
    process.on('exit', () => {
      for (const { pid } of this.#running) process.kill(-pid, 'SIGKILL')
      rmSync(this.#folder, { recursive: true, force: true })
    })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))
  }

  /**
   * Runs a command with an end: ten times what it took at first, and no less than so many seconds, of a CPU's time; of the clock's,
   * which a busy machine takes more of, several times that.
   *
   * @returns whether it succeeded
   */
  async #run(what, [command, ...args], { env = {}, seconds = 5, data = 'unlimited', last = '' } = {}) {
    const patience = Math.max(seconds * 1000, 10 * (this.#usual.get(what) ?? 0))
    const cpu = this.#usual.has(what) ? Math.ceil(patience / 1000) : 'unlimited'
    const limits = ['--core=0', `--cpu=${cpu}`, `--data=${data}`, command, ...args]
    const started = Date.now()
    const child = spawn('prlimit', limits, {
      cwd: this.#folder,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', last === '' ? 'ignore' : 'pipe', 'pipe'],
    })
    this.#running.add(child)
    this.said = ''
    const end = () => {
      // Children of its children too, which may stop or outlive it.
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // all gone
      }
    }
    child.stderr.on('data', (text) => {
      this.said = (this.said + text).slice(-4000)
      // The first one is enough.
      if (/^violation: /m.test(this.said)) end()
    })
    let output = ''
    child.stdout?.on('data', (text) => {
      output += text
    })
    const timer = setTimeout(end, this.#usual.has(what) ? 5 * patience : 3_600_000)
    const status = await new Promise((resolve) => child.on(last === '' ? 'exit' : 'close', resolve))
    clearTimeout(timer)
    end()
    this.#running.delete(child)
    if (!this.#usual.has(what)) this.#usual.set(what, Date.now() - started)
    return status === 0 && output.includes(last)
  }

  #mustRun = async (...args) => {
    if (!(await this.#run(...args))) fail(`${args[0]} fails when nothing is changed: ${this.said}`)
  }

  /** Several at a time: a header that all include takes most of them. */
  #compileAll(parts) {
    return inLanes(availableParallelism(), parts, (part) => this.#compile(...part))
  }

  get #objects() {
    const made = join(this.#folder, 'build', 'Release', 'obj.target', 'rseq', 'src', 'native')
    const files = readdirSync(made, { recursive: true }).filter((name) => name.endsWith('.o'))
    return files.filter((name) => !OF_NODE.test(name)).map((name) => join(made, name))
  }

  /** Builds it all, and sees that what must find the mutants finds nothing. */
  async prepare() {
    for (const name of ['src', 'binding.gyp'])
      cpSync(join(root, name), join(this.#folder, name), { recursive: true })
    await this.#mustRun('configure', [process.execPath, join(root, 'scripts', 'node-gyp.mjs'), 'configure'])
    const fast = join(this.#folder, 'build', 'Release', 'rseq_fast.node')
    mkdirSync(join(fast, '..'), { recursive: true })
    cpSync(fastAddon(), fast)
    const flags = [
      '-std=gnu++20',
      '-O1',
      '-fno-exceptions',
      '-fno-rtti',
      '-Isrc/native',
      `-I${OWN}`,
      '-MMD',
      '-c',
    ]
    this.#compile = (from, to) => this.#mustRun(from, ['g++', ...flags, from, '-o', to], { seconds: 120 })
    await this.#compileAll(this.#parts)
    await this.#mustRun('build', [...MAKE, 'rseq'])
    if (await this.structuresFail()) fail(`structures fails when nothing is changed: ${this.said}`)
  }

  /**
   * Gives a file another text, and compiles what `structures` has of it, or what is written in TypeScript.
   *
   * @returns what is then in these files, or null where it does not compile
   */
  async change(file, text) {
    writeFileSync(join(this.#folder, file), text)
    if (file.endsWith('.ts')) {
      const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
      // What has not changed is not checked again.
      const incremental = ['--incremental', '--tsBuildInfoFile', 'tsc.json']
      const command = [process.execPath, tsc, '-p', 'tsconfig.json', ...incremental]
      if (!(await this.#run('tsc', command, { seconds: 600 }))) return null
      return hash([join(this.#folder, file.replace('src/ts', 'lib').replace('.ts', '.js'))])
    }
    const objects = this.#objects.map((path) => relative(join(this.#folder, 'build'), path))
    if (!(await this.#run('objects', [...MAKE, ...objects], { seconds: 600 }))) return null
    const inline = this.#parts.filter((part) => isInline(part) && includes(part[1], file))
    await this.#compileAll(inline)
    return hash([...this.#objects, ...inline.map(([, to]) => to)])
  }

  /** Builds the addon. @returns what is then in it, or null where it does not compile */
  async build() {
    if (!(await this.#run('build', [...MAKE, 'rseq'], { seconds: 600 }))) return null
    return hash([join(this.#folder, 'build', 'Release', 'rseq.node')])
  }

  async structuresFail() {
    const program = join(this.#folder, 'mutant')
    const files = [...this.#objects, ...this.#parts.map(([, to]) => to)]
    const link = ['g++', ...files, '-pthread', '-ldl', '-o', program]
    await this.#mustRun('link', link, { seconds: 120 })
    for (const [name, args, sections] of RUNS) {
      const { prefix, env } = worldOf(name)
      const options = {
        env: { ...env, TMPDIR: this.#folder },
        data: 4 * 1024 ** 3,
        last: `"sections":${sections}`,
      }
      if (!(await this.#run(`${name} ${args}`, [...prefix, program, ...args], options))) return true
    }
    return false
  }

  /** The tests of a file. */
  testsOf(file) {
    const name = file.split('/').at(-1)
    const own = /\/(?:region|objects)\//.test(file) ? OF_REGIONS : [name.replace(/\.(?:cc|h|ts)$/, '')]
    return (TESTS[name] ?? own)
      .map((test) => `test/${test}.test.ts`)
      .filter((test) => existsSync(join(root, test)))
  }

  async testsFail(file) {
    const tests = this.testsOf(file)
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    // Only what asks for a world by itself looks at RSEQ_WORLD otherwise.
    const env = { RSEQ_WORLD: 'default', RSEQ_TEST_TIMEOUT: '60000' }
    const command = [process.execPath, vitest, 'run', '--bail=1', '--reporter=dot', ...tests]
    return !(await this.#run(`tests of ${file}`, command, { env, seconds: 60 }))
  }
}
