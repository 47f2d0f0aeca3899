// Programs for musl on a machine of glibc: a compiler that is pointed at Debian's musl, and Bun.
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from '../../scripts/cache.mjs'
import { compilers } from '../../scripts/compilers.mjs'
import { fetchPackage } from '../../scripts/npm-package.mjs'
import { output } from '../machines/debian/command.mjs'

/** What a machine is called in paths of Debian and GCC, and by Bun. */
const MACHINE = { x64: 'x86_64', arm64: 'aarch64' }
const BUN = { x64: 'x64', arm64: 'aarch64' }

/** Packages that a root needs for compiling. */
export const PACKAGES = ['musl', 'musl-dev']

/**
 * @param {string} arch
 * @param {string} root one of debianRoot(), with PACKAGES
 * @param {string[]} sources
 * @param {string} to
 * @param {{ shared?: string, headers?: string[] }} options shared: the name of a shared library, not a program
 */
export function compile(arch, root, sources, to, { shared, headers = [] } = {}) {
  const machine = MACHINE[arch]
  const lib = join(root, 'usr', 'lib', `${machine}-linux-musl`)
  const include = ['-nostdinc', '-isystem', join(root, 'usr', 'include', `${machine}-linux-musl`)]
  const common = [
    '-O2',
    '-fPIC',
    '-fno-stack-protector',
    ...include,
    ...headers.map((folder) => `-I${folder}`),
  ]
  const program = [
    `-Wl,--dynamic-linker=/lib/ld-musl-${machine}.so.1`,
    '-pie',
    '-rdynamic',
    join(lib, 'Scrt1.o'),
  ]
  const kind = shared === undefined ? program : ['-shared', `-Wl,-soname,${shared}`]
  const libraries = [`-L${lib}`, '-lc', '-lgcc']
  output(compilers(arch).CC, [...common, '-nostdlib', ...kind, '-o', to, ...sources, ...libraries])
}

/**
 * Bun for musl, from npm.
 * @returns {string} a folder with bin/bun
 */
export function fetchBun(arch) {
  const old = arch === 'x64' && !readFileSync('/proc/cpuinfo', 'latin1').includes('avx2')
  const name = `bun-linux-${BUN[arch]}-musl${old ? '-baseline' : ''}`
  return fetchPackage(`@oven/${name}`, join(cache, 'bun', name))
}

/**
 * Fills a folder with the C++ library that Bun needs. Debian has none for musl; its own does, but for what
 * glibc_names.c adds.
 * @param {string} root one of debianRoot() for bookworm: other releases of the library ask for other names
 */
export function cxxLibrary(arch, root, folder) {
  const from = join(root, 'usr', 'lib', `${MACHINE[arch]}-linux-gnu`)
  for (const name of ['libstdc++.so.6', 'libgcc_s.so.1']) {
    cpSync(join(from, name), join(folder, name), { dereference: true })
  }
  const loader = { x64: 'ld-linux-x86-64.so.2', arm64: 'ld-linux-aarch64.so.1' }[arch]
  const source = join(import.meta.dirname, 'glibc_names.c')
  compile(arch, root, [source], join(folder, loader), { shared: loader })
}
