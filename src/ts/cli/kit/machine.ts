import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { arch, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { versions } from 'node:process'
import type { Status } from '../../thread/status'
import type { Machine, Origin } from './limits'

/**
 * @param root of the package
 * @param status of this process
 * @param hypervisor its name for itself, where it can be asked
 */
export function originOf(root: string, status: Status, hypervisor: string): Origin {
  const { version } = JSON.parse(read(join(root, 'package.json'))) as { version: string }
  return {
    machine: machineOf(status, hypervisor),
    version,
    commit: commitOf(root),
    date: new Date().toISOString(),
  }
}

/**
 * @param status of this process
 * @param hypervisor its name for itself, where it can be asked
 */
export function machineOf(status: Status, hypervisor: string): Machine {
  const cpu = cpuName()
  const { name, version } = status.libc
  return {
    arch: arch(),
    cpu,
    cpus: cpus().length,
    memoryBytes: totalmem(),
    kernel: status.kernel.release,
    libc: version === null ? name : `${name} ${version}`,
    node: versions.node,
    v8: versions.v8,
    registration: status.registration,
    backend: status.backend,
    fastCalls: status.fastCalls,
    emulated: isEmulated(cpu, hypervisor),
  }
}

/** What the kernel calls the processor; on arm64 it only knows numbers. */
function cpuName(): string {
  const model = cpus()[0]?.model ?? ''
  if (model !== '' && model !== 'unknown') return model
  const text = read('/proc/cpuinfo')
  const field = (name: string): string | undefined => new RegExp(`^${name}\\s*: (.+)$`, 'm').exec(text)?.[1]
  const implementer = field('CPU implementer')
  return implementer === undefined ? 'unknown' : `ARM implementer ${implementer} part ${field('CPU part')}`
}

/**
 * Whether software executes the instructions, as QEMU does without the help of a processor. Hypervisors
 * that let the processor run them are not meant.
 */
export function isEmulated(cpu: string, hypervisor: string): boolean {
  // 0x00 is the implementer of processors that exist in software only.
  return hypervisor.startsWith('TCG') || /\bTCG\b/.test(cpu) || /implementer 0x0+ /.test(cpu)
}

/** The checkout's commit, with a + where files differ from it; null outside of one. */
export function commitOf(root: string): string | null {
  if (!existsSync(join(root, '.git'))) return null
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== ''
    return git('rev-parse', '--short=12', 'HEAD') + (changed ? '+' : '')
  } catch {
    return null
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
