import { cluster, crypto, fs, path } from '../../base/builtins'
import { attempted } from '../../base/errors'
import { rangeError } from '../../base/validate'
import { mainScript } from './main-thread'
import { commandLineOf, type Environment, environmentOf } from './process'

const { existsSync, realpathSync } = fs
const { dirname, join, resolve } = path

// Which application of its leader a process is part of. Whoever looks from outside finds the same words by the same rules.

/** By which rule an application is told from others. */
export type Rule = 'RSEQ_SERVICE' | 'PM2' | 'main script'

export interface Application {
  readonly rule: Rule
  /** For people. */
  readonly text: string
  /** What stands in the file's name. */
  readonly hash: string
}

const LONGEST_NAME = 64

/** Of regions, as the native side has it. It is in the file's name: of two versions under one leader each makes its own. */
export const FORMAT = 1

/** Twelve hexadecimal digits: the beginning of a SHA-256. */
export function hashOf(...texts: string[]): string {
  return crypto().createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 12)
}

function application(rule: Rule, text: string, ...key: string[]): Application {
  return { rule, text, hash: hashOf(String(FORMAT), ...key) }
}

function byName(name: string): Application {
  return application('RSEQ_SERVICE', name, 'name', name)
}

function byScript(script: string): Application {
  return application('main script', script || 'no file', 'script', script)
}

/** PM2's daemon has started this process as a worker of its own cluster: no process below it has this variable. */
export function isOfDaemon(environment: Environment): boolean {
  return environment.has('pm2_env')
}

interface Pm2Names {
  readonly name?: unknown
  readonly namespace?: unknown
  readonly pm_exec_path?: unknown
}

/** What PM2 calls the application that a process belongs to; null without PM2. */
function pm2Names(environment: Environment): Pm2Names | null {
  const whole = environment.get('pm2_env')
  if (whole !== undefined) return attempted(() => JSON.parse(whole) as Pm2Names, null)
  const isPm2 = environment.has('pm_id') && (environment.has('PM2_HOME') || environment.has('pm_exec_path'))
  return isPm2 ? { name: environment.get('name'), namespace: environment.get('namespace') } : null
}

function byPm2(environment: Environment): Application | null {
  const { name, namespace = 'default' } = pm2Names(environment) ?? {}
  if (typeof name !== 'string' || name === '' || typeof namespace !== 'string') return null
  return application('PM2', `${namespace}/${name}`, 'pm2', namespace, name)
}

/** A script as all processes name it; as it was said, where it cannot be found. */
function real(script: string): string {
  return script === '' ? '' : attempted(() => realpathSync(script), script)
}

/** The files that a command line names, of which one is the script. @param folder that they are relative to */
function filesOf(line: readonly string[], folder: string): string[] {
  const files = line.map((text) => (/^[^-]/.test(text) ? resolve(folder, text) : ''))
  return files.slice(1).filter((file) => file !== '' && existsSync(file))
}

/** Also for threads, whose own arguments begin with their own file. */
function runScript(): string {
  const main = mainScript()
  if (main !== null) return main
  const line = commandLineOf('self')
  const from = (at: number): string | undefined => filesOf(line.slice(at), '/proc/self/cwd')[0]
  // Options may have files as values; a thread can have other options than its process.
  return from(process.execArgv.length) ?? from(0) ?? ''
}

/** What the workers of this primary run, where it has said so: that is the application, and not what starts it. */
function workersScript(): string | undefined {
  // Throws in a runtime without clusters, or where the working directory is gone.
  return attempted(() => {
    const { isPrimary, settings } = cluster()
    return isPrimary && settings.exec !== undefined ? resolve(settings.cwd ?? '', settings.exec) : undefined
  }, undefined)
}

/** What a process runs: not PM2's own script, which runs it in the daemon's workers. */
function ownScript(environment: Environment): string {
  const script = isOfDaemon(environment) ? pm2Names(environment)?.pm_exec_path : undefined
  return typeof script === 'string' ? script : runScript()
}

/** By the name that the user has given to it; null for none. @throws {RangeError} for one that is too long */
export function givenName(): Application | null {
  const name = process.env.RSEQ_SERVICE
  if (name === undefined || name === '') return null
  if (name.length > LONGEST_NAME) {
    throw rangeError('RSEQ_SERVICE', `a name of 1 to ${LONGEST_NAME} characters`, name)
  }
  return byName(name)
}

/** The application of the calling thread, by the first rule that says one. @throws {RangeError} */
export function ownApplication(environment: Environment): Application {
  const script = (): string => real(workersScript() ?? runScript())
  return givenName() ?? byPm2(environment) ?? byScript(script())
}

/** What the application of another process may be: which one it is, the hash in its file's name says. */
export function applicationsOf(pid: number): Application[] {
  const environment = environmentOf(pid)
  const name = environment.get('RSEQ_SERVICE')
  const scripts = [...filesOf(commandLineOf(pid), `/proc/${pid}/cwd`), '']
  return [
    ...(name === undefined || name === '' ? [] : [byName(name)]),
    ...[byPm2(environment) ?? []].flat(),
    ...scripts.map((script) => byScript(real(script))),
  ]
}

/** Of the package that the main script belongs to: the nearest folder above it that has a package.json. */
export function packageHash(environment: Environment): string {
  const script = real(ownScript(environment)) || real('.')
  for (let folder = script; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return hashOf('package', folder)
    if (folder === dirname(folder)) return hashOf('package', dirname(script))
  }
}
