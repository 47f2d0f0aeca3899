// npm run test:stress -- criu [--machine ARCH/KERNEL] [--write]: CRIU dumps a process that counts, and restores it on another CPU, again
// and again: under libc's registration and under our own, also with delays inside sections, so that threads are dumped in
// these. Counts must be exact, and cpuId() right from the first moment on. Needs root; Debian's criu, which is fetched where it
// is not installed, or too old. A kernel without nf_tables is nothing for CRIU 4.1, and test/machines/vm's machines have no such module:
// "kerndat_has_nftables_concat failed when initializing kerndat".
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Findings, OWN, root } from './findings.mjs'

const ROUNDS = 6
/** Emulated. */
const ROUNDS_IN_MACHINE = 2
/** Between two dumps. */
const RUNNING_MS = 300
/** For a process to say something: emulated machines need more. */
const PATIENCE_MS = 60_000
/** In CRIU's log, of a thread. */
const IN_SECTION = /is in rseq critical section/g

/** Debian 12's 3.17 dumps nothing on Linux 6.18: “vdso: Unexpected rt vDSO area bounds”. */
const FIRST_MAJOR = 4

/** What starts CRIU. */
async function criu() {
  const { stdout } = spawnSync('criu', ['--version'], { encoding: 'utf8' })
  if (Number(/Version: (\d+)/.exec(stdout)?.[1]) >= FIRST_MAJOR) return ['criu']
  const { ARCHITECTURES, debianRoot } = await import('../machines/debian/root.mjs')
  const folder = debianRoot({ arch: ARCHITECTURES[process.arch], suite: 'trixie', packages: ['criu'] })
  const triplet = readdirSync(join(folder, 'usr/lib')).find((name) => name.endsWith('-linux-gnu'))
  const libraries = join(folder, 'usr/lib', triplet)
  const loader = readdirSync(libraries).find((name) => name.startsWith('ld-linux-'))
  const program = join(folder, 'usr/sbin/criu')
  return [join(libraries, loader), '--library-path', libraries, '--argv0', 'criu', program]
}

async function until(condition, what) {
  for (const end = Date.now() + PATIENCE_MS; !condition(); await sleep(10))
    if (Date.now() > end) throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`)
}

const ended = (child) =>
  child.exitCode === null && child.signalCode === null
    ? new Promise((resolve) => child.once('exit', resolve))
    : Promise.resolve()

/** A process that is somewhere else after each dump. */
class Traveller {
  inSections = 0
  #command
  #folder
  #child
  #pid

  constructor(command, options, env) {
    this.#command = command
    this.#folder = mkdtempSync(join(tmpdir(), 'rseq-criu-'))
    const program = join(root, 'test', 'fixtures', 'checkpointed.cjs')
    const args = [program, this.#folder, JSON.stringify(options)]
    // A session of its own and nothing of ours open: it is dumped as a whole.
    this.#child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...env },
      detached: true,
      stdio: 'ignore',
    })
    this.#pid = this.#child.pid
    process.on('exit', () => this.remove())
  }

  #beat() {
    const path = join(this.#folder, 'beat')
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  async beats() {
    const before = this.#beat()
    await until(() => this.#beat() !== before, 'a sign of life')
  }

  #criu(what, images, ...more) {
    const log = join(images, `${what}.log`)
    const args = [what, '-D', images, '-o', log, '-v4', ...more]
    return { log, args: [...this.#command, ...args] }
  }

  #failure(what, log) {
    const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n') : []
    const errors = lines.filter((line) => /Error|Warn/.test(line)).slice(-6)
    return new Error(`criu ${what}: ${errors.join(' | ')}`)
  }

  /** Another service of this user starts, and removes what is nobody's. */
  sweep() {
    const { RSEQ_REGION: _, ...env } = process.env
    const done = spawnSync(process.execPath, ['-e', "require('rseq').Region.service"], { cwd: root, env })
    if (done.status !== 0) throw new Error(`a service that sweeps: ${done.stderr}`)
  }

  async travel(round) {
    const images = join(this.#folder, `images-${round}`)
    mkdirSync(images)
    const dump = this.#criu('dump', images, '-t', `${this.#pid}`, '--file-locks')
    const { status } = spawnSync(dump.args[0], dump.args.slice(1))
    if (status !== 0) throw this.#failure('dump', dump.log)
    this.inSections += readFileSync(dump.log, 'utf8').match(IN_SECTION)?.length ?? 0
    await ended(this.#child)
    this.sweep()
    const restore = this.#criu('restore', images, '--file-locks')
    const cpu = `${round % availableParallelism()}`
    this.#child = spawn('taskset', ['-c', cpu, ...restore.args], { stdio: 'ignore' })
    await Promise.race([this.beats(), ended(this.#child)])
    if (this.#child.exitCode !== null) throw this.#failure('restore', restore.log)
    rmSync(images, { recursive: true })
  }

  async end() {
    writeFileSync(join(this.#folder, 'stop'), '')
    const path = join(this.#folder, 'result')
    await until(() => existsSync(path), 'a result')
    await ended(this.#child)
    return JSON.parse(readFileSync(path, 'utf8'))
  }

  remove() {
    try {
      if (this.#child.exitCode === null) process.kill(this.#pid, 'SIGKILL')
    } catch {
      // it has ended
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** What came of one process. */
async function travels(command, { name, options = {}, env = {}, registration }) {
  const traveller = new Traveller(command, options, env)
  try {
    await traveller.beats()
    for (let round = 0; round < rounds; round++) {
      await sleep(RUNNING_MS)
      await traveller.travel(round)
    }
    await sleep(RUNNING_MS)
    const result = await traveller.end()
    const { checks, wrong } = result.watches.reduce((all, one) => ({
      checks: all.checks + one.checks,
      wrong: all.wrong + one.wrong,
    }))
    const faults = wrong > 0 ? [`cpuId() was wrong ${wrong} times`] : []
    if (result.registration !== registration) faults.push(`the registration is ${result.registration}`)
    const says = `${rounds} dumps and restores, ${traveller.inSections} threads in a section; cpuId() right in ${checks.toLocaleString('en')} looks`
    return { what: name, result, faults, says }
  } catch (error) {
    return { what: name, result: { failed: error.message }, faults: [], says: '' }
  } finally {
    traveller.remove()
  }
}

async function runHere(inject) {
  const command = await criu()
  const folder =
    inject ?? (await import('../support/worlds.mjs')).worlds.find(({ name }) => name === 'inject').stage()
  const file = join('/dev/shm', `rseq-criu-${process.pid}`)
  const service = `${file}-service`
  const libc = { registration: 'libc' }
  const own = { registration: 'self', env: OWN }
  const cases = [
    { name: 'libc’s registration', ...libc },
    { name: 'own registration', ...own },
    { name: 'libc’s registration, delays in sections', ...libc, options: { package: folder } },
    { name: 'own registration, delays in sections', ...own, options: { package: folder } },
    { name: 'a region in a file', ...libc, options: { file } },
    {
      ...{ name: 'a service with a RSEQ_REGION, while another one starts', ...libc },
      ...{ options: { service: true }, env: { RSEQ_REGION: service } },
    },
  ]
  const trials = []
  for (const one of cases) trials.push(await travels(command, one))
  for (const path of [file, service]) rmSync(path, { force: true })
  if (inject === undefined) rmSync(folder, { recursive: true })
  return { kernel: release(), trials }
}

async function runInMachine(machine) {
  const { inMachine } = await import('./machine.mjs')
  const command = `node test/stress/criu.mjs --json --inject /mnt/rseq_inject --rounds ${ROUNDS_IN_MACHINE}`
  return inMachine(machine, command, { packages: ['criu', 'util-linux'], timeout: 1200 })
}

const { values } = parseArgs({
  options: {
    machine: { type: 'string' },
    write: { type: 'boolean' },
    json: { type: 'boolean' },
    inject: { type: 'string' },
    rounds: { type: 'string', default: `${ROUNDS}` },
  },
})
const { machine, inject } = values
const rounds = Number(values.rounds)
const { kernel, trials } = await (machine === undefined ? runHere(inject) : runInMachine(machine))
if (values.json) {
  console.log(JSON.stringify({ kernel, trials }))
} else {
  const findings = new Findings(
    machine === undefined ? 'test:stress -- criu' : `test:stress -- criu, ${machine}, emulated`,
  )
  for (const { what, result, faults, says } of trials) findings.add(what, result, faults, says)
  findings.finish(kernel)
}
