// The programs that make and run machines, from Debian packages of their own: nothing is installed here.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { output } from '../debian/command.mjs'
import { ARCHITECTURES, debianRoot } from '../debian/root.mjs'

const PACKAGES = ['qemu-system-arm', 'qemu-system-x86', 'virtiofsd', 'kmod', 'lz4', 'xz-utils', 'zstd']

/**
 * @returns {{ folder: string, command: (path: string) => string[] }}
 *   command: what starts a program of the folder, such as 'usr/bin/xz', with the libraries from beside it
 */
export function tools() {
  // Not the suite of this machine: amd64 guests of Debian 12's QEMU 7.2 crash now and then.
  const arch = ARCHITECTURES[process.arch]
  const folder = debianRoot({ arch, suite: 'trixie', packages: PACKAGES })
  const triplet = readdirSync(join(folder, 'usr/lib')).find((name) => name.endsWith('-linux-gnu'))
  const libraries = join(folder, 'usr/lib', triplet)
  const loader = readdirSync(libraries).find((name) => name.startsWith('ld-linux-'))
  const command = (path) => {
    // kmod is several programs, told apart by the name that they are started under.
    const name = path.split('/').at(-1)
    return [join(libraries, loader), '--library-path', libraries, '--argv0', name, join(folder, path)]
  }
  return { folder, command }
}

/** Runs one of them that must succeed. */
export function tool(path, args, options) {
  const [loader, ...rest] = tools().command(path)
  return output(loader, [...rest, ...args], options)
}
