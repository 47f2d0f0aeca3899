// Debian's kernels for virtual machines, with the modules that a machine needs to reach its shares.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cache } from '../../../scripts/cache.mjs'
import { output } from '../debian/command.mjs'
import { once } from '../debian/once.mjs'
import { archive, unpack } from '../debian/packages.mjs'
import { ARCHITECTURES } from '../debian/root.mjs'
import { uncompressed } from './image.mjs'
import { tool } from './tools.mjs'

const SUITES = ['bullseye', 'bookworm', 'bookworm-backports', 'trixie', 'trixie-backports', 'forky', 'sid']
const MODULES = ['virtio_pci', 'virtio_console', 'virtiofs']

const kernels = (arch) => archive(ARCHITECTURES[arch], [...SUITES, 'experimental'])
const suffix = (arch) => `-cloud-${ARCHITECTURES[arch]}`

/** The versions in the archive, such as '6.1.0-50' and '6.12.107+deb13', the oldest first. */
function versions(arch, from) {
  const end = suffix(arch)
  const names = from.search(`^linux-image-[0-9].*${end}$`)
  const input = names.map((name) => `${name.slice('linux-image-'.length, -end.length)}\n`).join('')
  return output('sort', ['-uV'], { input }).trim().split('\n').filter(Boolean)
}

/**
 * The start of the newest kernel's version.
 * @param {'arm64' | 'x64'} arch
 * @returns {string} such as '7.3'
 */
export function newestKernel(arch) {
  const newest = versions(arch, kernels(arch)).at(-1)
  if (!newest) throw new Error(`the archive has no kernel for ${arch}`)
  return /^\d+\.\d+/.exec(newest)[0]
}

/** Unpacked modules, in an order in which they can be loaded. */
function modules(tree, version, into) {
  mkdirSync(into)
  // Of some versions the archive has dropped the modules; a cloud kernel can do without.
  if (!existsSync(join(tree, 'lib/modules', version, 'kernel'))) return
  tool('usr/sbin/depmod', ['-b', tree, version])
  const args = ['-d', tree, '-S', version, '--show-depends']
  const lines = MODULES.flatMap((name) => tool('usr/sbin/modprobe', [...args, name]).split('\n'))
  const files = lines.flatMap((line) => /^insmod (\S+)/.exec(line)?.[1] ?? [])
  for (const [index, file] of [...new Set(files)].entries()) {
    const name = `${String(index).padStart(2, '0')}-${basename(file, '.xz')}`
    // Passes on what is not compressed.
    writeFileSync(join(into, name), tool('usr/bin/xz', ['-dcf', file], { encoding: 'buffer' }))
  }
}

/**
 * A kernel from the cache or from the archive.
 * @param {'arm64' | 'x64'} arch
 * @param {string} wanted the start of a version ('6.12' is the newest such when it is first asked for) or all
 *   of it ('6.12.107+deb13')
 * @returns {{ folder: string, version: string }} a folder with vmlinux and modules/; what uname -r says
 * @throws {Error} where there is no such kernel
 */
export function fetchKernel(arch, wanted) {
  const folder = once(join(cache, 'debian', 'kernels', `${arch}-${wanted}`), (scratch) => {
    const from = kernels(arch)
    const fits = (one) => one.startsWith(wanted) && !/^\d/.test(one.slice(wanted.length))
    const found = versions(arch, from).filter(fits).at(-1)
    if (!found) throw new Error(`the archive has no kernel ${wanted} for ${arch}`)
    const version = `${found}${suffix(arch)}`
    console.error(`fetching Linux ${version}`)
    // Up to 6.18 one package has all; later ones are split.
    const parts = ['image', 'binary', 'modules', 'base'].map((part) => `linux-${part}-${version}`)
    const [debs, tree] = [join(scratch, 'debs'), join(scratch, 'tree')]
    from.download(
      parts.filter((name) => from.has(name)),
      debs,
    )
    unpack(debs, tree)
    const image = readdirSync(tree, { recursive: true }).find((path) => /\/vmlinuz[^/]*$/.test(path))
    writeFileSync(join(scratch, 'vmlinux'), uncompressed(readFileSync(join(tree, image))))
    modules(tree, version, join(scratch, 'modules'))
    writeFileSync(join(scratch, 'version'), version)
    for (const part of [debs, tree]) rmSync(part, { recursive: true })
  })
  return { folder, version: readFileSync(join(folder, 'version'), 'utf8') }
}
