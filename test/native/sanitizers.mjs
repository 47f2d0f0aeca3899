// What the runs under sanitizers and valgrind share: building, where reports go, and that a mistake is reported at all.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fail, make, mustRun, root } from '../support/runner.mjs'
import { fastAddon } from '../support/worlds.mjs'

const folder = join(root, 'test', 'native', 'structures')
export const built = join(folder, 'build', 'Release')

/**
 * mistakes: that have to be reported, and by what words. symbol: what is in all that was compiled for it. prefix: of every
 * command. options: environment variables.
 */
const SANITIZERS = {
  asan: {
    runtimes: ['libasan.so', 'libubsan.so'],
    prefix: [],
    options: (log) => ({
      ASAN_OPTIONS: `log_path=${log}:allocator_may_return_null=1:detect_leaks=0`, // process.exit() leaves Node's own behind
      UBSAN_OPTIONS: 'print_stacktrace=1',
    }),
    mistakes: {
      overflow: 'heap-buffer-overflow',
      shift: 'shift exponent',
      leak: 'detected memory leaks',
    },
    symbol: '__asan_init',
  },
  // Alone it costs little: what depends on time or on address space runs as well.
  ubsan: {
    runtimes: ['libubsan.so'],
    prefix: [],
    options: (log) => ({ UBSAN_OPTIONS: `log_path=${log}:print_stacktrace=1` }),
    mistakes: { shift: 'shift exponent', cast: 'outside the range of representable values' },
    symbol: '__ubsan_handle_',
  },
  tsan: {
    runtimes: ['libtsan.so'],
    // Its shadow needs addresses where a kernel that randomises by 32 bits may have put something.
    prefix: ['setarch', '-R'],
    // What Node's own code copies and frees is ordered by atomics that ThreadSanitizer has not been told of.
    options: (log) => ({ TSAN_OPTIONS: `log_path=${log}:ignore_noninstrumented_modules=1:history_size=4` }),
    mistakes: { race: 'data race' },
    symbol: '__tsan_init',
  },
}

const REPORT = /(?:ERROR|WARNING|FATAL): \w*Sanitizer.*|.*runtime error:.*/g

function library(name) {
  const path = spawnSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout?.trim() ?? ''
  if (!existsSync(path)) fail(`${name} is missing: install Debian's g++, which brings it`)
  return path
}

/** Builds targets of test/native/structures/binding.gyp. */
export function build(...targets) {
  make('test/native/structures', targets)
}

/** Builds what the behaviour tests stand on, beside the addon. */
export function buildForTests() {
  mustRun('npm', ['run', '--silent', 'build:ts'])
  if (!existsSync(fastAddon())) mustRun('npm', ['run', '--silent', 'build:native'])
  make('test/native', ['deny', 'helpers'])
}

/** A run under one sanitizer: whatever is started with its `env` writes reports to a folder of this run's own. */
export class Sanitizer {
  #folder = mkdtempSync(join(tmpdir(), 'rseq-sanitizer-'))
  #kind
  #env

  /** @param {'asan' | 'tsan' | 'ubsan'} kind */
  constructor(kind) {
    this.kind = kind
    this.#kind = SANITIZERS[kind]
    this.preload = this.#kind.runtimes.map(library).join(' ')
    this.prefix = this.#kind.prefix
    const options = this.#kind.options(join(this.#folder, 'report'))
    this.inNode = { ...options, LD_PRELOAD: this.preload }
    /** For programs that are to give back all that they took: any without Node, and in Node those that end by themselves. */
    this.withLeaks = kind === 'asan' ? { ASAN_OPTIONS: `${options.ASAN_OPTIONS}:detect_leaks=1` } : {}
    this.#env = { ...options, ...this.withLeaks }
  }

  /**
   * What was reported since the last time, in files of its own or in a program's standard error, each with its text.
   */
  reports(stderr = '') {
    const files = readdirSync(this.#folder).map((name) => join(this.#folder, name))
    const texts = [stderr, ...files.map((file) => readFileSync(file, 'utf8'))]
    for (const file of files) rmSync(file)
    return texts.flatMap((text) => (text.match(REPORT) ?? []).map((head) => ({ head, text })))
  }

  /** Runs a program that is linked with the sanitizer. @param {{ prefix?: string[], env?: object }} options */
  program(name, args, { prefix = [], env = {} } = {}) {
    const [command, ...rest] = [...this.prefix, ...prefix, join(built, name), ...args]
    return spawnSync(command, rest, { encoding: 'utf8', env: { ...process.env, ...this.#env, ...env } })
  }

  /** Runs Node with the sanitizer in it. @param {{ prefix?: string[], cwd?: string, env?: object }} options */
  node(args, { prefix = [], ...options } = {}) {
    const [command, ...rest] = [...this.prefix, ...prefix, process.execPath, ...args]
    const env = { ...process.env, ...this.inNode, ...options.env }
    return spawnSync(command, rest, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, ...options, env })
  }

  /** Ends the run as failed where what it is about has no checks in it. */
  mustBeIn(target) {
    if (!readFileSync(join(built, target)).includes(this.#kind.symbol)) fail(`${target} has no checks`)
  }

  /** Ends the run as failed where a deliberate mistake is not reported. @param {(which: string) => object} run */
  mustReport(run) {
    for (const [which, words] of Object.entries(this.#kind.mistakes)) {
      const { stderr } = run(which)
      const found = this.reports(stderr)
      if (found.some(({ head }) => head.includes(words))) continue
      fail(
        `${this.kind}: the sanitizer is not on: a deliberate ${which} was not reported: ${stderr.slice(0, 2000)}`,
      )
    }
  }

  end() {
    rmSync(this.#folder, { recursive: true })
  }
}
