// The project in which test/prebuild/run.mjs installed the package as packed.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { inRoot } from './chroot.mjs'

export const project = process.env.RSEQ_PROJECT ?? ''
if (project === '') throw new Error('RSEQ_PROJECT is not set: npm run test:package -- prebuild does it')
cpSync(join(import.meta.dirname, 'load.mjs'), join(project, 'load.mjs'))

export const WORKERS = 4
export const INCREMENTS = 100_000

/**
 * Runs load.mjs in a root.
 * @param {string} root
 * @param {string} runtime a folder with bin/
 * @param {string} name of the program in there
 * @param {{ mounts?: object, env?: object }} options
 */
export function load(root, runtime, name, { mounts = {}, env = {} } = {}) {
  const command = [`/opt/node/bin/${name}`, '/mnt/load.mjs', String(WORKERS), String(INCREMENTS)]
  return JSON.parse(inRoot(root, { mnt: project, 'opt/node': runtime, ...mounts }, command, env))
}
