// Runs a program that must succeed.
import { spawnSync } from 'node:child_process'

/**
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} options encoding 'buffer' for output that is no text
 * @returns what it wrote to its standard output
 * @throws {Error} with the end of what it wrote to its standard error
 */
export function output(command, args, options = {}) {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: Number.POSITIVE_INFINITY,
    ...options,
  })
  if (error?.code === 'ENOENT') throw new Error(`${command} is missing: this needs a Debian machine`)
  if (error) throw error
  if (status === 0) return stdout
  const said = String(stderr ?? '').trim()
  throw new Error(`${command} ${args.join(' ')} failed (${signal ?? status}): ${said.slice(-2000)}`)
}
