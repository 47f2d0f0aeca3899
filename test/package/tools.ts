import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from './project'

const modules = join(import.meta.dirname, 'node_modules')

/** Loads a tool of package.json beside this file; the type check does without its types. */
export const requireTool = createRequire(join(modules, 'any.cjs'))

function tool(...path: string[]): string {
  const file = join(modules, ...path)
  if (!existsSync(file)) throw new Error(`${path.join('/')} is missing: run "npm install" in test/package`)
  return file
}

const cpu = process.arch === 'arm64' ? { bun: 'aarch64', deno: 'arm64' } : { bun: 'x64', deno: 'x64' }

export const attw = (): string => tool('.bin', 'attw')
export const bun = (): string => tool('@oven', `bun-linux-${cpu.bun}`, 'bin', 'bun')
export const deno = (): string => tool('@deno', `linux-${cpu.deno}-glibc`, 'deno')
export const ncc = (): string => tool('@vercel', 'ncc', 'dist', 'ncc', 'cli.js')
/** The package `pnpm` only finds or downloads this. */
export const pnpm = (): string => tool('@pnpm', `exe.linux-${process.arch}`, 'pnpm')
export const publint = (): string => tool('.bin', 'publint')
/** The checkout's own. */
export const typescript = (): string => join(root, 'node_modules', 'typescript', 'bin', 'tsc')
export const typescript52 = (): string => tool('ts52', 'bin', 'tsc')
/** The last one whose arrays have no type parameter. */
export const typescript56 = (): string => tool('ts56', 'bin', 'tsc')
/** Both are called `yarn` in .bin. */
export const yarn1 = (): string => tool('yarn', 'bin', 'yarn.js')
export const yarn4 = (): string => tool('@yarnpkg', 'cli-dist', 'bin', 'yarn.js')

/** What the checkout itself has on this machine: the installed package must have the same. */
export const checkout = JSON.parse(
  spawnSync(process.execPath, [join(root, 'lib', 'cli', 'rseq.js'), '--json'], { encoding: 'utf8' }).stdout,
) as { backend: string; reason: string; fastCalls: boolean }
