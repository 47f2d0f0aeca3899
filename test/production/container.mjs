// Containers as Docker and containerd start them: by runc, with Docker's defaults for capabilities, /dev/shm, hidden paths and the
// seccomp profile. The image is this machine's /usr, the checkout and its Node.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../support/runner.mjs'
import { seccomp } from './seccomp-profile.mjs'

const SERVICE = join(import.meta.dirname, 'service.cjs')
const IMAGE = ['/usr', '/bin', '/lib', '/lib64', '/etc', root, dirname(dirname(process.execPath))]

/** What Docker gives to whoever says nothing. */
const CAPABILITIES =
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
    .split(' ')
    .map((name) => `CAP_${name}`)

/** A tmpfs, as Docker mounts it for --tmpfs, and Kubernetes for an emptyDir in memory (of mode 0777). */
export function tmpfs(destination, size, mode = '1777') {
  const options = ['nosuid', 'nodev', `mode=${mode}`, `size=${size}`]
  return { destination, type: 'tmpfs', source: 'tmpfs', options }
}

/** A volume. */
export function bind(source, destination = source, how = 'ro') {
  return { destination, type: 'bind', source, options: ['rbind', how] }
}

let made = 0

export class Container {
  #folder = mkdtempSync(join(tmpdir(), 'rseq-container-'))
  #name = `rseq-test-${process.pid}-${made++}`
  #child
  #lines
  stderr = ''

  /**
   * @param {{ user?: number, readOnly?: boolean, capabilities?: string[], denied?: string[], mounts?: object[],
   *   env?: Record<string, string>, args?: string[], memory?: number, namespaces?: object[] }} options
   *   denied: system calls that the seccomp profile denies; mounts: instead of those at the same place, null: none is there;
   *   memory: limit in bytes; namespaces: paths of some that are shared
   */
  constructor(options = {}) {
    const spec = spawnSync('runc', ['spec', '--bundle', this.#folder], { encoding: 'utf8' })
    if (spec.status !== 0)
      throw new Error(`runc: ${spec.error?.message ?? spec.stderr}: install Debian's runc`)
    const file = join(this.#folder, 'config.json')
    const adapted = this.#adapt(JSON.parse(readFileSync(file, 'utf8')), options)
    writeFileSync(file, JSON.stringify(adapted))
    for (const folder of ['', '/tmp']) mkdirSync(join(this.#folder, 'rootfs', folder))
    chmodSync(join(this.#folder, 'rootfs', 'tmp'), 0o1777)
  }

  #adapt(config, options) {
    const { user = 0, readOnly = false, capabilities = CAPABILITIES, denied = [], mounts = [] } = options
    const { env = {}, args = [process.execPath, SERVICE], memory, namespaces = [] } = options
    const { process: program, linux } = config
    Object.assign(program, { terminal: false, user: { uid: user, gid: user }, args, noNewPrivileges: false })
    program.env = ['PATH=/usr/bin:/bin', ...Object.entries(env).map((pair) => pair.join('='))]
    const has = user === 0 ? capabilities : []
    program.capabilities = { bounding: capabilities, effective: has, permitted: has }
    program.rlimits = []
    config.root.readonly = readOnly
    linux.seccomp = seccomp(capabilities, denied)
    if (memory !== undefined) linux.resources.memory = { limit: memory }
    linux.namespaces = linux.namespaces.map((one) => namespaces.find(({ type }) => type === one.type) ?? one)
    const places = mounts.map(({ destination }) => destination)
    const image = IMAGE.filter((path) => existsSync(path)).map((path) => bind(path))
    const others = [...config.mounts, ...image].filter(({ destination }) => !places.includes(destination))
    config.mounts = [...others, ...mounts.filter(({ type }) => type !== undefined)]
    return config
  }

  start() {
    const stdio = ['ignore', 'pipe', 'pipe']
    this.#child = spawn('runc', ['run', '--bundle', this.#folder, this.#name], { stdio })
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.stderr += text
    })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
    return this
  }

  /** What the service says. */
  async says() {
    const { value } = await this.#lines.next()
    if (value === undefined) throw new Error(`the container says nothing: ${this.stderr}`)
    return JSON.parse(value)
  }

  /** Runs a command inside. */
  exec(...args) {
    return spawnSync('runc', ['exec', this.#name, ...args], { encoding: 'utf8' }).stdout
  }

  /** Of its first process, outside. */
  get pid() {
    return JSON.parse(spawnSync('runc', ['state', this.#name], { encoding: 'utf8' }).stdout).pid
  }

  /** SIGKILL, as when it is out of memory. */
  async kill() {
    spawnSync('runc', ['kill', '--all', this.#name, 'KILL'])
    await this.ended()
  }

  /** @returns its exit code */
  async ended() {
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
    rmSync(this.#folder, { recursive: true, force: true })
    return this.#child.exitCode
  }
}

/** Runs the service to its end. @returns what it says, and its standard error */
export async function runService(options) {
  const container = new Container(options).start()
  const said = await container.says()
  await container.ended()
  return { ...said, stderr: container.stderr }
}
