// Nodes of other versions and architectures, with their headers, from the npm packages node-linux-*.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from './cache.mjs'
import { fetchPackage } from './npm-package.mjs'

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
  return fetchPackage(`node-linux-${arch}@${version}`, join(cache, 'nodes', `${arch}-${version}`))
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
