// Builds and runs one tool's program, and says what came of each form.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const here = import.meta.dirname
const root = join(here, '..', '..', '..')
/** Of tools that are looked for: this folder's, those of test/package, the checkout's. */
const bins = [here, join(here, '..'), root].map((folder) => join(folder, 'node_modules', '.bin'))
const cpu = process.arch === 'arm64' ? 'aarch64' : 'x64'
const bunFolder = join(here, '..', 'node_modules', '@oven', `bun-linux-${cpu}`, 'bin')
const PATH = [...bins, bunFolder, process.env.PATH].join(delimiter)

/** Ignored by git and by biome. */
const projects = join(here, 'build')
const PACKAGES = ['prom-client', 'tdigest', 'bintrees', '@opentelemetry']

/** Starts a program as a cluster's worker. */
export const CLUSTERED = ['node', join(here, 'clustered.cjs')]

/** The name of a tool's folder. */
export const slug = (name) => name.replace(/\W+/g, '-').toLowerCase()

/** Removes all projects: the type check of the tests would read them. */
export function clean() {
  rmSync(projects, { recursive: true, force: true })
}

/** Unpacks the package, and puts the peers beside it. */
export function prepare(tarball) {
  clean()
  install(projects, tarball)
}

function install(folder, tarball) {
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, 'rseq'), { recursive: true })
  spawnSync('tar', ['xzf', tarball, '--strip-components=1', '-C', join(modules, 'rseq')])
  for (const name of PACKAGES) {
    cpSync(join(root, 'node_modules', name), join(modules, name), { recursive: true })
  }
}

function start([command, ...args], cwd, env = {}) {
  return spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: 600_000,
    env: { ...process.env, PATH, NO_COLOR: '1', NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: undefined, ...env },
  })
}

/** What is made of a project is run where nothing is above it. */
function takenAway({ name, output, external, inside }, folder) {
  if (output === undefined) return { base: null, cwd: folder }
  const base = mkdtempSync(join(realpathSync(tmpdir()), 'rseq-form-'))
  cpSync(join(folder, output), base, { recursive: true, verbatimSymlinks: true })
  if (external) cpSync(join(projects, 'node_modules'), join(base, 'node_modules'), { recursive: true })
  return { base, cwd: inside ? join(base, 'build', slug(name)) : base }
}

/**
 * @param {object} tool of compilers.mjs, bundlers.mjs or runners.mjs
 * @returns {{ forms: object[], stderr: string }} a line of the program for each form
 * @throws {Error} where the tool refuses the program
 */
export function formsOf(tool) {
  const folder = join(projects, slug(tool.name))
  rmSync(folder, { recursive: true, force: true })
  // An own configuration: esbuild would take the next one above.
  const files = { 'package.json': '{ "private": true }', 'tsconfig.json': '{}', ...tool.files }
  for (const [name, text] of Object.entries(files)) {
    if (text === null) continue
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  for (const command of tool.build ?? []) {
    const { status, stdout, stderr } = start(command, folder)
    if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}\n${stdout}${stderr}`)
  }
  const { base, cwd } = takenAway(tool, folder)
  const out = join(folder, 'forms.jsonl')
  const [modules, hidden] = ['node_modules', 'hidden'].map((name) => join(projects, name))
  // A program may know where it was made.
  if (base !== null) renameSync(modules, hidden)
  try {
    const { stdout, stderr } = start(tool.run, cwd, { FORMS_OUT: out })
    const lines = existsSync(out) ? readFileSync(out, 'utf8').trim().split('\n') : []
    if (lines.length === 0) throw new Error(`no form ran\n${stdout}${stderr}`)
    return { forms: lines.map((line) => JSON.parse(line)), stderr }
  } finally {
    if (base !== null) {
      renameSync(hidden, modules)
      rmSync(base, { recursive: true, force: true })
    }
  }
}
