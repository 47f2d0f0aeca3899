// What a script of this folder finds: programs that it ran, whether each came out as it should, and the closing lines.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { report } from './results.mjs'

export const root = join(import.meta.dirname, '..', '..')
export const built = join(root, 'test', 'native', 'build', 'Release')
export const helpers = join(built, 'helpers.node')
export const EVERYTHING = join(root, 'test', 'fixtures', 'everything.cjs')
export const OWN = { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }

/** A folder that goes with this process. */
export const scratch = mkdtempSync(join(tmpdir(), 'rseq-stress-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

/** Ends the script as failed, where a tool is missing. */
export function mustHave(command, advice) {
  if (spawnSync(command, ['--version']).status === 0) return
  console.error(`${command} is missing: ${advice}`)
  process.exit(1)
}

/** How a process ended, in a word. */
const ending = ({ status, signal }) => (signal !== null ? `ended by ${signal}` : `ended with ${status}`)

/**
 * Runs a program that prints a line of JSON at its end.
 *
 * @returns what it printed, or { failed: how it ended, stderr }
 */
export function run(command, args, { env = {}, cwd = root, seconds = 120 } = {}) {
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const ended = spawnSync(command, args, {
    env: { ...inherited, ...env },
    cwd,
    encoding: 'utf8',
    timeout: seconds * 1000,
    killSignal: 'SIGKILL',
  })
  if (ended.status !== 0) return { failed: ending(ended), stderr: ended.stderr.trim() || ended.stdout }
  try {
    return JSON.parse(ended.stdout.trim().split('\n').at(-1))
  } catch {
    return { failed: `no line of JSON: ${ended.stdout}`, stderr: ended.stderr }
  }
}

/** test/fixtures/everything.cjs, by a command that starts Node. */
export function everything(options, { prefix = [], node = [process.execPath], ...rest } = {}) {
  const [command, ...args] = [...prefix, ...node, EVERYTHING, JSON.stringify(options)]
  return run(command, args, rest)
}

/** The same, which goes on until it is told to stop: `pid`, and stop(), which gives its result. */
export async function everythingRunning(options, env = {}) {
  const child = spawn(process.execPath, [EVERYTHING, JSON.stringify({ ...options, input: true })], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  process.on('exit', () => child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  const exit = once(child, 'close')
  // Its code is compiled before anybody looks.
  await new Promise((resolve) => setTimeout(resolve, 1500))
  return {
    pid: child.pid,
    async stop() {
      child.stdin.end()
      const [status, signal] = await exit
      return status === 0 ? JSON.parse(output) : { failed: ending({ status, signal }) }
    },
  }
}

/** The threads of a process, by the processor time that they have taken, the busiest first. */
export function threadsOf(pid) {
  const time = (thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[11])
  }
  const all = readdirSync(`/proc/${pid}/task`).map((thread) => ({ thread, time: time(thread) }))
  return all.sort((a, b) => b.time - a.time).map(({ thread }) => thread)
}

/** Of everything.cjs: one of its threads' backends and reasons, each told once. */
export function paths({ threads }) {
  return [
    ...new Set(threads.map(({ backend, reason }) => (reason === 'OK' ? backend : `${backend}, ${reason}`))),
  ]
    .sort()
    .join(' and ')
}

export class Findings {
  #title
  #lines = []
  #tried = 0
  #failed = 0

  /** @param title the npm script that is run */
  constructor(title) {
    this.#title = title
  }

  /**
   * Writes down what came of one trial.
   *
   * @param what was tried
   * @param result of everything.cjs, or of run()
   * @param wrong what is wrong with it beside its own violations
   * @param says more of it
   */
  add(what, result, wrong = [], says = '') {
    const violations = [...(result.violations ?? []), ...wrong]
    if (result.failed !== undefined)
      violations.push(`${result.failed} ${(result.stderr ?? '').trim().slice(-600)}`)
    const counted =
      result.done === undefined ? '' : `${result.done.toLocaleString('en')} rounds exact, ${paths(result)}`
    const line = `${what}: ${violations.length === 0 ? [counted, says].filter(Boolean).join('; ') : `WRONG: ${violations.join('; ')}`}`
    this.#tried++
    if (violations.length > 0) this.#failed++
    this.#lines.push(line)
    console.error(`- ${what}`)
  }

  /** How many there were so far. */
  get trials() {
    return this.#tried
  }

  /** A line that is no trial. */
  note(line) {
    this.#lines.push(line)
  }

  /** Prints all, and ends the script. @param kernel as report() has it */
  finish(kernel) {
    const total = `${this.#tried - this.#failed} as they should be, ${this.#failed} wrong`
    report(this.#title, [...this.#lines, total], kernel)
    process.exit(this.#failed > 0 ? 1 : 0)
  }
}

/** What differs from what was expected, as sentences. */
export function differences(found, expected) {
  return Object.entries(expected).flatMap(([name, value]) =>
    found[name] === value ? [] : [`${name} is ${found[name]}, ${value} expected`],
  )
}
