// Where actors live: packages made of test/fixtures/actor.cjs under names of one's own, and what they are told.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const root = join(import.meta.dirname, '..', '..', '..')
/** The package under test; another one shows what it did. */
const PACKAGE = process.env.RSEQ_TEST_PACKAGE ?? root
const PATIENCE_MS = 60_000

/** @returns what `look` gives, once it is something */
export async function eventually(what, look) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(20)) {
    const found = await look()
    if (found !== undefined && found !== false) return found
  }
  throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`)
}

/** A process or a thread that runs actor.cjs. */
export class Actor {
  #path

  constructor(path) {
    this.#path = path
  }

  /** @throws {Error} what it has thrown, or that it has ended */
  async call(...message) {
    const socket = connect(this.#path)
    try {
      await once(socket, 'connect')
      socket.write(`${JSON.stringify(message)}\n`)
      const lines = createInterface({ input: socket })
      const ended = once(socket, 'close').then(() => [null])
      const [line] = await Promise.race([once(lines, 'line'), ended])
      if (line === null) throw new Error(`${message[0]}: the actor has ended`)
      const { answer, error } = JSON.parse(line)
      if (error !== undefined) throw new Error(error)
      return answer
    } finally {
      socket.destroy()
    }
  }

  /** In its own PID namespace. */
  get pid() {
    return Number(basename(this.#path).split('-')[0])
  }

  /** Makes room for another one of that name. */
  rename(name) {
    const path = join(dirname(this.#path), name)
    renameSync(this.#path, path)
    this.#path = path
  }

  /** What it has counted, and its warnings, when its parent is another one. That is to be ended once this has begun. */
  async orphaned(staysMs = 0) {
    const answer = this.call('orphaned', staysMs)
    await eventually('an actor that waits', () => existsSync(`${this.#path}-waits`))
    return { answer }
  }

  /** Until it is gone. */
  async kill() {
    const { pid } = this
    process.kill(pid, 'SIGKILL')
    const isGone = () => {
      try {
        // A dead one that nobody has waited for yet is none, once its last thread has closed its files.
        const isDead = /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
        return isDead && readdirSync(`/proc/${pid}/task`).length === 1
      } catch {
        return true
      }
    }
    await eventually(`the end of ${pid}`, isGone)
    this.forget()
  }

  /** Of one that has been killed: its socket. */
  forget() {
    rmSync(this.#path)
  }

  add = (n) => this.call('add', n)
  value = () => this.call('value')
  path = () => this.call('path')
  warnings = () => this.call('warnings')
}

export class Place {
  /** Short, for a socket's name has at most 107 bytes. */
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rseq-s-')))
  #children = []
  #ends = []
  /** What no process of it inherits from whoever runs the tests. */
  env

  constructor() {
    const { RSEQ_REGION: _, RSEQ_PARENT: __, RSEQ_SERVICE: ___, ...env } = process.env
    this.env = { ...env, ACTORS: join(this.folder, 'a') }
    mkdirSync(this.env.ACTORS)
    mkdirSync(join(this.folder, 'node_modules'))
    symlinkSync(PACKAGE, join(this.folder, 'node_modules', 'rseq'))
  }

  /** For processes of other users, too. */
  open() {
    for (const folder of [this.folder, this.env.ACTORS]) chmodSync(folder, 0o777)
  }

  /** A script; its folder is a package. */
  script(path) {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(join(dirname(file), 'package.json'), '{}')
    if (!existsSync(file)) copyFileSync(join(root, 'test', 'fixtures', 'actor.cjs'), file)
    return file
  }

  /** Starts a program, which ends with the place. */
  launch(command, args, env = {}) {
    const child = spawn(command, args, {
      cwd: this.folder,
      env: { ...this.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    this.#children.push(child)
    return child
  }

  /** Starts a program that becomes an actor. */
  run(command, args, { env, name } = {}) {
    const { pid } = this.launch(command, args, env)
    return this.actor(name ?? `${pid}-0`)
  }

  node = (script, env) => this.run(process.execPath, [script], { env })

  /** What the command prints, without line breaks. */
  rseq(...args) {
    const command = [join(PACKAGE, 'lib', 'cli', 'rseq.js'), ...args]
    const { stdout } = spawnSync(process.execPath, command, { env: this.env, encoding: 'utf8' })
    return stdout.replaceAll(/\s+/g, ' ')
  }

  /** One that somebody starts. */
  async actor(name) {
    const path = join(this.env.ACTORS, name)
    await eventually(`an actor ${name}`, () => existsSync(path))
    return new Actor(path)
  }

  /** The first one that is none of those. */
  async another(...known) {
    const names = () => readdirSync(this.env.ACTORS).filter((name) => /^\d+-0$/.test(name))
    const isNew = (name) => !known.some(({ pid }) => name === `${pid}-0`)
    return this.actor(await eventually('another actor', () => names().find(isNew)))
  }

  /** One that another one starts. */
  async start(by, how, script = null, env = null) {
    return this.actor(await by.call('start', how, script, env))
  }

  /** Ends the last program by a signal that it does not hear of. */
  async killLast(actor) {
    const child = this.#children.at(-1)
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    actor.forget()
  }

  /** What is to be done before all of it ends. */
  atEnd(end) {
    this.#ends.push(end)
  }

  async end() {
    for (const end of this.#ends) await end()
    const living = this.#children.filter((child) => child.exitCode === null && child.signalCode === null)
    const ended = living.map((child) => once(child, 'exit'))
    for (const child of living) child.kill('SIGTERM')
    // A program that starts another one may not hear of it.
    const late = setTimeout(() => living.map((child) => child.kill('SIGKILL')), 1000)
    await Promise.all(ended)
    clearTimeout(late)
    rmSync(this.folder, { recursive: true, force: true })
  }
}
