// Runs a command under another kernel, C library and architecture, in a virtual machine made for it alone.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fetchNode } from '../../../scripts/nodes.mjs'
import { ARCHITECTURES, debianRoot } from '../debian/root.mjs'
import { atEnd, start } from './children.mjs'
import { initrd } from './initrd.mjs'
import { fetchKernel } from './kernel.mjs'
import { qemu } from './qemu.mjs'
import { serve } from './share.mjs'

const DEFAULTS = {
  arch: 'arm64',
  kernel: '6.12',
  suite: 'bookworm',
  node: '22',
  packages: [],
  share: null,
  caching: 'auto',
  smp: 2,
  mem: 1024,
  timeout: 300,
  append: '',
  log: null,
  cpu: null,
  singlestep: false,
  echo: false,
  follow: null,
}

const TIMED_OUT = 124
const DIED = 125

/** What the guest needs, fetched where the cache has it not; blocks meanwhile. */
function prepare({ arch, kernel, suite, node, packages, share, caching }) {
  const root = debianRoot({ arch: ARCHITECTURES[arch], suite, packages })
  const shares = [{ tag: 'root', folder: root, place: '/', options: 'ro', caching: 'always' }]
  if (node !== null)
    shares.push({
      tag: 'node',
      folder: fetchNode(arch, node),
      place: '/opt/node',
      options: 'ro',
      caching: 'always',
    })
  if (share !== null)
    shares.push({ tag: 'mnt', folder: realpathSync(share), place: '/mnt', options: 'rw', caching })
  return { root, shares, kernel: fetchKernel(arch, kernel) }
}

function firstFiles({ root, shares, kernel }, command) {
  const files = { bin: null, dev: null, proc: null, root: null, modules: null }
  files['bin/busybox'] = readFileSync(join(root, 'bin/busybox'))
  files.init = readFileSync(join(import.meta.dirname, 'init.sh'))
  for (const name of readdirSync(join(kernel.folder, 'modules')).sort())
    files[`modules/${name}`] = readFileSync(join(kernel.folder, 'modules', name))
  files.shares = shares.map(({ tag, place, options }) => `${tag} ${place} ${options}\n`).join('')
  files.command = command
  return initrd(files)
}

/** Gathers what a stream brings, and shows it meanwhile where `shown` says where. */
function collect(stream, shown) {
  const got = { text: '' }
  stream.setEncoding('utf8').on('data', (part) => {
    got.text += part
    shown?.write(part)
  })
  return got
}

/** Calls `follow` with each line of a stream. */
function eachLine(stream, follow) {
  let rest = ''
  stream.on('data', (part) => {
    const lines = (rest + part).split('\n')
    rest = lines.pop()
    lines.forEach(follow)
  })
}

/** Why a machine ended early, by what is left of it. */
function obituary(said, log) {
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-40) : []
  return [said.trim(), ...lines, 'the machine ended before the command did'].filter(Boolean).join('\n')
}

async function boot(guest, scratch) {
  const servers = await Promise.all(
    guest.shares.map(({ tag, folder, caching }) => serve(folder, join(scratch, tag), caching)),
  )
  const sockets = guest.shares.map(({ tag }) => ({ tag, socket: join(scratch, tag) }))
  const machine = start(qemu(guest, sockets), ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe'])
  try {
    const [, , own, out, err, code] = machine.child.stdio
    const said = collect(own)
    const stdout = collect(out, guest.echo ? process.stdout : undefined)
    const stderr = collect(err, guest.echo ? process.stderr : undefined)
    if (guest.follow !== null) eachLine(out, guest.follow)
    const status = collect(code)
    code.on('data', () => {
      if (/\n.*\n/.test(status.text)) machine.kill()
    })
    let late = false
    const timer = setTimeout(() => {
      late = true
      machine.kill()
    }, guest.timeout * 1000)
    await machine.ended.finally(() => clearTimeout(timer))
    const result = { stdout: stdout.text, stderr: stderr.text }
    if (late) return { ...result, status: TIMED_OUT }
    if (status.text !== '') return { ...result, status: Number.parseInt(status.text, 10) }
    const why = `${obituary(said.text, guest.log)}\n`
    if (guest.echo) process.stderr.write(why)
    return { ...result, stderr: result.stderr + why, status: DIED }
  } finally {
    for (const one of [machine, ...servers]) one.kill()
    await Promise.allSettled([machine, ...servers].map((one) => one.ended))
  }
}

/**
 * Boots a machine, runs one command in it and ends it. The command's standard input is empty; the run ends
 * when the command and all that still writes to its output have ended.
 *
 * An interrupt comes only where a block of translated instructions begins: a critical section is never
 * interrupted between two of its branches. With `singlestep` a block is one instruction, so it is; that is
 * slow, and for small compiled programs.
 * @param {object} options
 * @param {string} options.command for /bin/sh in the guest
 * @param {'arm64' | 'x64'} [options.arch]
 * @param {string} [options.kernel] the start of a Debian kernel's version, such as '6.12'
 * @param {string} [options.suite] the Debian suite that the guest's C library comes from
 * @param {string | null} [options.node] version of the Node in the guest's PATH
 * @param {string[]} [options.packages] more Debian packages for the guest
 * @param {string | null} [options.share] a folder that the guest has as /mnt, writable; the command starts there
 * @param {'auto' | 'always'} [options.caching] always: nobody changes that folder but the guest, which is faster
 * @param {number} [options.smp] CPUs that are online
 * @param {number} [options.maxcpus] CPUs that are possible: those above smp are present, and offline at first
 * @param {number} [options.mem] MB
 * @param {number} [options.timeout] seconds, without what it takes to fill the cache
 * @param {string} [options.append] more kernel parameters
 * @param {string | null} [options.log] a file for the kernel's messages
 * @param {string | null} [options.cpu] one of QEMU's models
 * @param {boolean} [options.singlestep] interrupts between any two instructions
 * @param {boolean} [options.echo] shows the command's output as it comes
 * @param {((line: string) => void) | null} [options.follow] gets each line of it as it comes
 * @returns {Promise<{ status: number, stdout: string, stderr: string, kernel: string, seconds: number }>}
 *   status: the command's own, 124 after the timeout, 125 where the machine died first (stderr then ends with
 *   the kernel's last messages); kernel: what uname -r says in the guest
 * @throws {Error} where the machine cannot be prepared
 */
export async function runInMachine(options) {
  const wanted = { ...DEFAULTS, ...options }
  if (!ARCHITECTURES[wanted.arch]) throw new Error(`there are no machines of architecture ${wanted.arch}`)
  const parts = prepare(wanted)
  const scratch = mkdtempSync(join(tmpdir(), 'rseq-vm-'))
  const clean = atEnd(() => rmSync(scratch, { recursive: true, force: true }))
  try {
    const files = { kernel: join(parts.kernel.folder, 'vmlinux'), initrd: join(scratch, 'initrd') }
    writeFileSync(files.initrd, firstFiles(parts, wanted.command))
    const log = wanted.log === null ? join(scratch, 'log') : resolve(wanted.log)
    const maxcpus = wanted.maxcpus ?? wanted.smp
    const guest = { ...wanted, ...files, maxcpus, log, shares: parts.shares }
    const started = Date.now()
    const result = await boot(guest, scratch)
    return { ...result, kernel: parts.kernel.version, seconds: (Date.now() - started) / 1000 }
  } finally {
    clean()
  }
}
