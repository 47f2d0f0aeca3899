// The compilers of each architecture: this machine's own, or cross compilers.
import { spawnSync } from 'node:child_process'

/** The prefix of each architecture's tools, and Debian's package of them for other machines. */
const TOOLS = {
  x64: { prefix: 'x86_64-linux-gnu-', debian: 'g++-x86-64-linux-gnu' },
  arm64: { prefix: 'aarch64-linux-gnu-', debian: 'g++-aarch64-linux-gnu' },
}

export const ARCHITECTURES = Object.keys(TOOLS)

/**
 * @param {string} arch 'x64' or 'arm64'
 * @returns {{ CC: string, CXX: string, STRIP: string }} programs that are there
 * @throws {Error} where one is missing, saying what to install
 */
export function compilers(arch) {
  const own = arch === process.arch
  const prefix = own ? '' : TOOLS[arch].prefix
  const { CC = 'gcc', CXX = 'g++' } = own ? process.env : {}
  const found = { CC: `${prefix}${CC}`, CXX: `${prefix}${CXX}`, STRIP: `${prefix}strip` }
  for (const tool of Object.values(found)) {
    if (spawnSync(tool, ['--version']).status !== 0) {
      throw new Error(`${tool} is missing: install Debian's ${own ? 'g++' : TOOLS[arch].debian}`)
    }
  }
  return found
}
