// Root file systems of Debian suites, to change root into or to boot: each brings its own C library.
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from '../../../scripts/cache.mjs'
import { once } from './once.mjs'
import { archive, unpack } from './packages.mjs'

const BASE = ['libc6', 'libstdc++6', 'libatomic1', 'busybox-static']
const EMPTY = ['dev', 'proc', 'sys', 'tmp', 'run', 'root', 'etc', 'mnt', 'opt/node']

/** Debian's names of Node's architectures. */
export const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' }

/**
 * A root with what Node needs and busybox, prepared once. Others share it: read it only.
 * @param {{ arch: 'amd64' | 'arm64', suite: string, packages?: string[] }} options
 *   packages: more of them, which come with all that they depend on; nothing of theirs is run
 * @returns {string} its folder
 * @throws {Error} where the packages cannot be had
 */
export function debianRoot({ arch, suite, packages = [] }) {
  const name = [`${arch}-${suite}`, ...[...packages].sort()].join(',')
  return once(join(cache, 'debian', 'roots', name), (root) => {
    console.error(`unpacking Debian ${suite} for ${arch}${packages.map((one) => ` ${one}`).join('')}`)
    const debs = join(root, '.debs')
    archive(arch, [suite]).downloadWithAll([...BASE, ...packages], debs)
    unpack(debs, root)
    rmSync(debs, { recursive: true })
    for (const folder of EMPTY) mkdirSync(join(root, folder), { recursive: true })
    writeFileSync(join(root, 'etc', 'passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
    writeFileSync(join(root, 'etc', 'hosts'), '127.0.0.1 localhost\n')
    if (!existsSync(join(root, 'bin', 'sh'))) symlinkSync('busybox', join(root, 'bin', 'sh'))
  })
}
