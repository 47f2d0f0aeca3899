import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { arch, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { versions } from 'node:process'
import { attempted } from '../../base/errors'
import type { Status } from '../../thread/status'
import type { Machine, Origin } from './limits'

/** Of the package: each command is a file in a folder of lib/cli. */
export const root = join(__dirname, '..', '..', '..')

/** Where a result of this process is from, of which `status` is. */
export function originHere(status: Status): Origin {
  // What the benchmarks' own addon says, where there is one. Not a literal: it is built apart, and stays a file of its own.
  const questions = require(join(root, 'lib', 'bench', 'questions.js')) as { hypervisor(): string }
  const { version } = JSON.parse(read(join(root, 'package.json'))) as { version: string }
  const machine = machineOf(status, questions.hypervisor())
  return { machine, version, commit: commitOf(root), date: new Date().toISOString() }
}

/** @param hypervisor its name for itself, where it can be asked */
function machineOf({ libc, kernel, registration, backend, fastCalls }: Status, hypervisor: string): Machine {
  const cpu = cpuName()
  const { node, v8 } = versions
  return {
    ...{ arch: arch(), cpu, cpus: cpus().length, memoryBytes: totalmem(), kernel: kernel.release },
    libc: libc.version === null ? libc.name : `${libc.name} ${libc.version}`,
    ...{ node, v8, registration, backend, fastCalls, emulated: isEmulated(cpu, hypervisor) },
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
function commitOf(root: string): string | null {
  if (!existsSync(join(root, '.git'))) return null
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  return attempted(() => {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== ''
    return git('rev-parse', '--short=12', 'HEAD') + (changed ? '+' : '')
  }, null)
}

const read = (path: string): string => attempted(() => readFileSync(path, 'utf8'), '')
