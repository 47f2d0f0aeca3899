// The worlds that the behaviour tests run in: each is a process of its own, or a tree of them.
import { cpSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..')
const built = join(root, 'test', 'native', 'build', 'Release')
const NO_LIBC_REGISTRATION = { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }

/**
 * Copies the package as installed, and its tests, to a folder of their own with another addon or none.
 * @param {string | null} addon path of what stands in for rseq.node
 */
function stage(addon) {
  const folder = mkdtempSync(join(tmpdir(), 'rseq-world-'))
  for (const name of ['package.json', 'tsconfig.json', 'vitest.config.mjs', 'lib', 'test']) {
    cpSync(join(root, name), join(folder, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  if (addon !== null) {
    mkdirSync(join(folder, 'build', 'Release'), { recursive: true })
    cpSync(addon, join(folder, 'build', 'Release', 'rseq.node'))
  }
  return folder
}

/**
 * name: RSEQ_WORLD, which tells the tests what to expect. env, prefix: of the test process. folder: where it
 * runs; a staged one is removed afterwards.
 */
export const worlds = [
  { name: 'default', env: {}, prefix: [], folder: () => root },
  { name: 'napi', env: { RSEQ_FAST_CALLS: '0' }, prefix: [], folder: () => root },
  { name: 'self', env: NO_LIBC_REGISTRATION, prefix: [], folder: () => root },
  { name: 'enosys', env: NO_LIBC_REGISTRATION, prefix: [join(built, 'deny'), 'ENOSYS'], folder: () => root },
  { name: 'eperm', env: NO_LIBC_REGISTRATION, prefix: [join(built, 'deny'), 'EPERM'], folder: () => root },
  { name: 'mixed', env: NO_LIBC_REGISTRATION, prefix: [], folder: () => root },
  { name: 'portable', env: {}, prefix: [], folder: () => stage(null) },
  { name: 'inject', env: {}, prefix: [], folder: () => stage(join(built, 'rseq_inject.node')) },
]

/** Files that run in every world; all others run once, in the default world. */
export const behaviour = ['batch', 'counter', 'cpu', 'exact', 'region', 'status', 'sum'].map(
  (name) => `test/${name}.test.ts`,
)
