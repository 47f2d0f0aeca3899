import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root, tarball } from './project'

const read = (...args: string[]): string => execFileSync('tar', [...args], { encoding: 'utf8' })

/** What `tsc` makes is the library, file by file; the command is a bundle, and only its entry points stay. */
const LIBRARY = readdirSync(join(root, 'src', 'ts'), { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.m?ts$/.test(path) && !path.startsWith('cli/'))
  .map((path) => `lib/${path}`)
  // scripts/es-module.mjs makes them.
  .concat(['', 'prom-client/', 'opentelemetry/'].map((folder) => `lib/${folder}index.mts`))
const COMMAND =
  'bench/index bench/page/index compare/index demo/index demo/worker noise/index noise/page noise/worker rseq status/index top/index top/running'.split(
    ' ',
  )
/** README links to them. */
const GUIDES = ['docs', 'examples'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(root, folder, name)).isFile())
    .map((name) => `${folder}/${name}`),
)
const QUESTIONS = 'child process questions receiver thread'.split(' ')
/** NODE_MODULE_VERSION of Node 20, 22, 24 and 26. */
const ABIS = [115, 127, 137, 147]

const expected = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  'package.json',
  ...GUIDES,
  ...LIBRARY.flatMap((path) => [path.replace(/ts$/, 'js'), path.replace(/(m?)ts$/, 'd.$1ts')]),
  ...COMMAND.map((name) => `lib/cli/${name}.js`),
  'lib/cli/THIRD-PARTY-LICENSES.txt',
  ...QUESTIONS.map((name) => `lib/bench/${name}.js`),
  ...['x64', 'arm64'].flatMap((arch) => [
    `prebuilds/linux-${arch}/rseq.node`,
    ...ABIS.map((abi) => `prebuilds/linux-${arch}/rseq_fast.abi${abi}.node`),
  ]),
]

describe('the tarball', () => {
  test('holds these files and no other', () => {
    const paths = read('tzf', tarball).trim().split('\n')
    expect(paths.map((path) => path.replace(/^package\//, '')).sort()).toEqual(expected.sort())
  })

  test('is smaller than 1 MB', () => {
    const { size } = statSync(tarball)
    console.log(`${expected.length} files, ${size} bytes packed`)
    expect(size).toBeLessThan(1_000_000)
  })

  test('has a command that can be executed', () => {
    expect(read('tvzf', tarball, 'package/lib/cli/rseq.js')).toMatch(/^-rwxr-xr-x /)
  })

  test('has no install script, and nothing that makes a package manager compile', () => {
    const manifest = JSON.parse(read('xzOf', tarball, 'package/package.json')) as Record<string, object>
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
      expect(manifest.scripts).not.toHaveProperty(script)
    }
    expect(expected).not.toContain('binding.gyp')
  })
})
