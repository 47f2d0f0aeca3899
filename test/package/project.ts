import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { PATIENCE } from '../support/patience'

export const root = join(import.meta.dirname, '..', '..')
export const tarball = process.env.RSEQ_TARBALL ?? ''
if (!existsSync(tarball)) throw new Error('no tarball: run "npm run test:package"')

/** All that is on the path of what runs in a project: no compiler, no make, no python. */
const COMMANDS = ['npm', 'npx', 'sh', 'env', 'sed', 'dirname', 'uname']

/** A command that takes the network away; where that is not allowed, a registry that nobody answers must do. */
const isolation =
  [
    ['unshare', '-n'],
    ['unshare', '-rn'],
  ].find(([command = '', flag = '']) => spawnSync(command, [flag, 'true']).status === 0) ?? []

function find(command: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const file = folders.map((folder) => join(folder, command)).find((path) => existsSync(path))
  if (file === undefined) throw new Error(`${command} is missing from the path`)
  return realpathSync(file)
}

/** A folder with a program's package.json and a home of its own: nothing in it knows of this checkout. */
export class Project {
  readonly #base = mkdtempSync(join(realpathSync(tmpdir()), 'rseq-project-'))
  readonly folder = join(this.#base, 'project')

  constructor() {
    for (const name of ['bin', 'home', 'project']) mkdirSync(join(this.#base, name))
    for (const command of COMMANDS) symlinkSync(find(command), join(this.#base, 'bin', command))
    symlinkSync(process.execPath, join(this.#base, 'bin', 'node'))
    this.write('package.json', '{ "name": "project", "private": true }')
    cpSync(tarball, join(this.folder, 'rseq.tgz'))
    cpSync(join(import.meta.dirname, 'programs'), this.folder, { recursive: true })
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text)
  }

  /** Puts the package there without a package manager. */
  unpack(into = ''): void {
    const to = join(this.folder, into, 'node_modules', 'rseq')
    mkdirSync(to, { recursive: true })
    execFileSync('tar', ['xzf', tarball, '--strip-components=1', '-C', to])
  }

  /** Runs a command without a network, and without the environment of these tests. */
  try(
    command: string[],
    env: Record<string, string> = {},
  ): { status: number | null; stdout: string; stderr: string } {
    const [program = '', ...args] = [...isolation, ...command]
    const home = join(this.#base, 'home')
    const nowhere = 'http://127.0.0.1:9'
    return spawnSync(program.includes('/') ? program : find(program), args, {
      cwd: this.folder,
      encoding: 'utf8',
      timeout: PATIENCE,
      env: {
        PATH: join(this.#base, 'bin'),
        HOME: home,
        TMPDIR: home,
        NO_COLOR: '1',
        npm_config_registry: nowhere,
        npm_config_update_notifier: 'false',
        YARN_NPM_REGISTRY_SERVER: nowhere,
        YARN_ENABLE_TELEMETRY: '0',
        DENO_NO_UPDATE_CHECK: '1',
        ...env,
      },
    })
  }

  /** @returns the standard output of a command that must succeed */
  run(command: string[], env: Record<string, string> = {}): string {
    const { status, stdout, stderr } = this.try(command, env)
    if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}\n${stdout}${stderr}`)
    return stdout
  }

  remove(): void {
    rmSync(this.#base, { recursive: true, force: true })
  }
}
