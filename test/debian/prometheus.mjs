// The newest Prometheus that Debian has, which may be newer than this machine's Debian. It is not installed.
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from '../../scripts/cache.mjs'
import { output } from './command.mjs'
import { once } from './once.mjs'
import { archive } from './packages.mjs'
import { ARCHITECTURES } from './root.mjs'

/** @returns {string} the program's file: it needs a C library, and nothing else */
export function newestPrometheus() {
  const arch = ARCHITECTURES[process.arch]
  const folder = once(join(cache, 'debian', 'prometheus', arch), (scratch) => {
    const debs = join(scratch, 'debs')
    archive(arch, ['sid']).download(['prometheus'], debs)
    const [deb] = readdirSync(debs)
    mkdirSync(join(scratch, 'root'))
    output('dpkg-deb', ['-x', join(debs, deb), join(scratch, 'root')])
    renameSync(join(scratch, 'root', 'usr', 'bin', 'prometheus'), join(scratch, 'prometheus'))
    for (const name of ['debs', 'root']) rmSync(join(scratch, name), { recursive: true })
  })
  const program = join(folder, 'prometheus')
  // Where this machine's C library is too old for it, here is where that shows.
  output(program, ['--version'])
  return program
}
