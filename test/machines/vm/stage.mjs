// What a machine is given: the package as it ships, the tests, and what they need from C, for its architecture.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compilers } from '../../../scripts/compilers.mjs'
import { fetchNode, versionOf } from '../../../scripts/nodes.mjs'
import { fail, make, mustRun, root } from '../../support/runner.mjs'

/** The Node that runs in the guests. */
export const NODE = '24'

/** Builds lib/ and prebuilds/, which every stage takes. */
export function build() {
  for (const script of ['build:ts', 'build:prebuilds']) mustRun('npm', ['run', '--silent', script])
}

/** test/native for the guest: cross-compiled where that is another architecture. */
function buildNative(folder, arch) {
  const built = join('test', 'native', 'build', 'Release')
  if (arch === process.arch) {
    make('test/native')
    const filter = (path) => !/\/(?:obj\.target|\.deps)$/.test(path)
    cpSync(join(root, built), join(folder, built), { recursive: true, filter })
    return
  }
  for (const part of ['src/native', 'test/native'])
    cpSync(join(root, part), join(folder, part), {
      recursive: true,
      // The structures run here alone, and have a link to src/native.
      filter: (path) => !/\/(?:build|structures)$/.test(path),
    })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const { CC, CXX } = compilers(arch)
  mustRun(
    process.execPath,
    [
      join(root, 'scripts', 'node-gyp.mjs'),
      'rebuild',
      '--jobs=2',
      '--directory=test/native',
      `--arch=${arch}`,
    ],
    { cwd: folder, env: { CC, CXX, npm_config_nodedir: fetchNode(arch, NODE) } },
  )
  for (const part of ['node_modules', 'src', 'test/native/native'])
    rmSync(join(folder, part), { recursive: true })
}

/** The package with another addon: what stands in build/Release is loaded before the prebuild. */
function variant(folder, name, arch) {
  const to = join(folder, name)
  const release = join(to, 'build', 'Release')
  mkdirSync(release, { recursive: true })
  for (const part of ['package.json', 'lib', 'test/fixtures', 'test/machines/vm/guest'])
    cpSync(join(root, part), join(to, part), { recursive: true })
  cpSync(join(folder, 'test/native/build/Release', `${name}.node`), join(release, 'rseq.node'))
  const { abi } = versionOf(fetchNode(arch, NODE))
  const fast = join(root, 'prebuilds', `linux-${arch}`, `rseq_fast.abi${abi}.node`)
  cpSync(fast, join(release, 'rseq_fast.node'))
}

/** Whether build() has been here. */
function mustBeBuilt(arch) {
  for (const path of ['lib/index.js', `prebuilds/linux-${arch}/rseq.node`])
    if (!existsSync(join(root, path))) fail(`${path} is missing: run without --no-build`)
}

/**
 * Makes a stage for guests of one architecture.
 * @returns {string} its folder, for the guest's /mnt: the package at its root, and in rseq_inject and
 *   rseq_trusting the package with those addons of test/native
 */
export function stage(arch) {
  mustBeBuilt(arch)
  const folder = mkdtempSync(join(tmpdir(), 'rseq-vm-stage-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  buildNative(folder, arch)
  for (const part of [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'vitest.config.mjs',
    'lib',
    'test',
  ])
    cpSync(join(root, part), join(folder, part), {
      recursive: true,
      filter: (path) => !/\/(build|node_modules|native\/native|structures)$/.test(path),
    })
  cpSync(join(root, 'prebuilds', `linux-${arch}`), join(folder, 'prebuilds', `linux-${arch}`), {
    recursive: true,
  })
  for (const name of ['rseq_inject', 'rseq_trusting']) variant(folder, name, arch)
  return folder
}
