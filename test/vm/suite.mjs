// The behaviour tests in every world, in a machine: the tests of `npm test` that are about threads and kernels.
import { createHash } from 'node:crypto'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from '../../scripts/cache.mjs'
import { output } from '../debian/command.mjs'
import { once } from '../debian/once.mjs'
import { root } from '../runner.mjs'
import { behaviour } from '../worlds.mjs'
import { runInCell } from './boot.mjs'
import { nameOf } from './cells.mjs'

/** Those that need no more than one world. What finds the addon, the command and the bench are the same on any kernel. */
const ONCE = ['abort-check', 'area', 'fastcalls', 'lifecycle', 'portable', 'stale']

/** node_modules for another machine: vitest has parts that are compiled. */
function modules(arch) {
  const lock = readFileSync(join(root, 'package-lock.json'))
  const name = `${arch}-${createHash('sha256').update(lock).digest('hex').slice(0, 16)}`
  return once(join(cache, 'modules', name), (folder) => {
    for (const file of ['package.json', 'package-lock.json', '.npmrc'])
      cpSync(join(root, file), join(folder, file))
    const where = ['--os=linux', `--cpu=${arch}`, '--libc=glibc']
    output('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', ...where], { cwd: folder })
  })
}

/** @returns {Promise<import('./cells.mjs').Result>} */
export async function suite(cell, { folder, echo = false }) {
  // Copied, not linked: the guest sees nothing beside its own folder.
  cpSync(join(modules(cell.arch), 'node_modules'), join(folder, 'node_modules'), { recursive: true })
  const files = ONCE.map((name) => `test/${name}.test.ts`)
  const command =
    `export RSEQ_TEST_WORKERS=4 RSEQ_TEST_INCREMENTS=20000 RSEQ_TEST_LIVES=20 RSEQ_TEST_TIMEOUT=600000; ` +
    `node test/run.mjs --no-build ${behaviour.join(' ')}; a=$?; ` +
    `node test/run.mjs --no-build --world default ${files.join(' ')} && exit $a`
  const { status, stdout, stderr, kernel, seconds } = await runInCell(cell, folder, command, {
    // test/native/fake.c is built against this C library.
    suite: 'bookworm',
    packages: ['util-linux'],
    mem: 4096,
    timeout: 1800,
  })
  if (echo)
    console.log(`\n${nameOf(cell)}, the suite: ${kernel}, emulated, ${seconds.toFixed(0)} s\n${stdout}`)
  const totals = [...stdout.matchAll(/^(\d+) passed, (\d+) failed/gm)].map(([, passed, failed]) => [
    +passed,
    +failed,
  ])
  const [passed, failed] = [0, 1].map((column) => totals.reduce((sum, total) => sum + total[column], 0))
  const faults = failed > 0 ? [`suite: ${failed} failed`] : []
  if (status !== 0 || totals.length !== 2) faults.push(`suite: ended with ${status}`)
  if (echo && faults.length > 0) console.log(stderr)
  return { cell, release: kernel, seconds, passed, faults }
}
