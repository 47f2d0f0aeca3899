// Prints where the newest Prometheus is that Debian has, which may be newer than this machine's Debian. It is unpacked, and not
// installed.
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from '../../../scripts/cache.mjs'
import { output } from '../../machines/debian/command.mjs'
import { once } from '../../machines/debian/once.mjs'
import { archive } from '../../machines/debian/packages.mjs'
import { ARCHITECTURES } from '../../machines/debian/root.mjs'

const arch = ARCHITECTURES[process.arch]
const sid = archive(arch, ['sid'])
const folder = once(join(cache, 'debian', 'prometheus', `${arch}-${sid.newest('prometheus')}`), (scratch) => {
  const debs = join(scratch, 'debs')
  sid.download(['prometheus'], debs)
  const [deb] = readdirSync(debs)
  mkdirSync(join(scratch, 'root'))
  output('dpkg-deb', ['-x', join(debs, deb), join(scratch, 'root')])
  renameSync(join(scratch, 'root', 'usr', 'bin', 'prometheus'), join(scratch, 'prometheus'))
  for (const name of ['debs', 'root']) rmSync(join(scratch, name), { recursive: true })
})
const program = join(folder, 'prometheus')
// It needs a C library, and nothing else. Where this machine's is too old for it, here is where that shows.
output(program, ['--version'])
process.stdout.write(program)
