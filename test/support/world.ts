import { createRequire } from 'node:module'
import { release } from 'node:os'
import { join } from 'node:path'

/** The folder that holds the package under test: the checkout, or a staged copy of it. */
export const root = join(import.meta.dirname, '..', '..')

/** Where Node and a fresh child find it. */
export const fixtures = join(import.meta.dirname, '..', 'fixtures')

const WORLDS = ['default', 'napi', 'self', 'enosys', 'eperm', 'mixed', 'portable', 'inject'] as const
export type World = (typeof WORLDS)[number]

const name = process.env.RSEQ_WORLD ?? 'default'
if (!WORLDS.includes(name as World)) throw new Error(`unknown RSEQ_WORLD ${name}`)

/** The world that this process runs in; test/support/worlds.mjs made it. */
export const world = name as World

/** The calling thread runs critical sections here. */
export const hasRseq = !['enosys', 'eperm', 'portable'].includes(world)
/** There is a native addon here. */
export const hasAddon = world !== 'portable'

/** The V8 of this Node is one that fast calls are made for. */
export const hasFastCalls = /^(11\.3|12\.4|13\.6|14\.6)\./.test(process.versions.v8)

/** This machine's C library registers threads for rseq, by its version: glibc since 2.35. */
export function libcRegisters(): boolean {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } }
  const [major = 0, minor = 0] = (header.glibcVersionRuntime ?? '0.0').split('.').map(Number)
  return major > 2 || (major === 2 && minor >= 35)
}

/** What happens to a thread within a system call clears its rseq_cs, as it does in its own code: Linux before 6.19. */
const [major = 0, minor = 0] = release().split('.').map(Number)
export const showsSystemCalls = major < 6 || (major === 6 && minor < 19)

export interface Helpers {
  gettid(): number
  pin(tid: number, cpu: number): number
  denyRseq(errno: number, everywhere?: number): number
  denyGetrusage(errno: number): number
  signal(tid: number): number
  systemCall(which: number): number
  lockByte(descriptor: number): number
}

/** Built by test/support/run.mjs. */
export const built = join(root, 'test', 'native', 'build', 'Release')
export const helpers = createRequire(import.meta.url)(join(built, 'helpers.node')) as Helpers

export interface Statistics {
  aborts: number
  areasAllocated: number
  areasInUse: number
}
