// A script of this folder, run again in one of test/machines/vm's machines.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { runInCell } from '../machines/vm/boot.mjs'
import { resolve } from '../machines/vm/cells.mjs'
import { build, stage } from '../machines/vm/stage.mjs'

/**
 * Runs a command that prints a line of JSON, in a machine that has the package as built and the tests.
 *
 * @param machine as ARCH/KERNEL
 * @param more as runInCell() has it; files: what else the machine has in /mnt, by name; noBuild: all is built
 * @returns what it printed
 */
export async function inMachine(machine, command, { files = {}, noBuild = false, ...more } = {}) {
  const [arch, version] = machine.split('/')
  if (!noBuild) build()
  const cell = { arch, kernel: resolve(arch, version), glibc: '2.41', smp: 2, debug: false }
  const folder = stage(arch)
  for (const [name, path] of Object.entries(files)) cpSync(path, join(folder, name))
  const { stdout, stderr } = await runInCell(cell, folder, command, more)
  const line = stdout.split('\n').find((text) => text.startsWith('{'))
  if (line === undefined) throw new Error(`the machine said nothing: ${stderr.trim().slice(-1000)}`)
  return JSON.parse(line)
}
