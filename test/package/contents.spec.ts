import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { tarball } from './project'

const read = (...args: string[]): string => execFileSync('tar', [...args], { encoding: 'utf8' })

const LIBRARY =
  `arrays backend batch builtins cells counter cpu dispose entries errors families fastcalls gauge healing histogram histogram-look histogram-opening histogram-reading
  histogram-shape index losses mailbox measure-uninterrupted moving native opening patience percpu
  pool pool-arguments pool-calls pool-memory pool-opening pool-slot pouring preemption preemption-monitor region region-info results ring ring-arguments ring-calls ring-drain ring-iterator
  ring-opening ring-record ring-shape service service-application service-file service-leader service-living service-main
  service-process service-sweep status sum survey switches timer turn-metrics turns`.split(/\s+/)
const PORTABLE =
  'backend bitmap cell cpus directory drain entry histogram lock memory page pool pool-calls region ring ring-calls survey'.split(
    ' ',
  )
const OPENTELEMETRY =
  `attempt attributes cells collector index instruments ledger lookup meter observables origin peer placed points preemption provider
  state storage stream views`.split(/\s+/)
const PROM_CLIENT =
  `attempt cluster contents counter dead family foreign gauge histogram holds home index labels lines look memory metric page peer preemption registry rows tree`.split(
    /\s+/,
  )
const COMMAND =
  'bench bench/page compare demo demo-worker noise/index noise/page noise/worker rseq status tables top/index top/running'.split(
    ' ',
  )
const QUESTIONS = 'child process questions receiver thread'.split(' ')
/** NODE_MODULE_VERSION of Node 20, 22, 24 and 26. */
const ABIS = [115, 127, 137, 147]

const expected = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'package.json',
  ...[
    ...LIBRARY,
    ...PORTABLE.map((name) => `portable/${name}`),
    ...OPENTELEMETRY.map((name) => `opentelemetry/${name}`),
    ...PROM_CLIENT.map((name) => `prom-client/${name}`),
  ].flatMap((name) => [`lib/${name}.js`, `lib/${name}.d.ts`]),
  ...['index', 'prom-client/index', 'prom-client/installed', 'opentelemetry/index'].flatMap((name) => [
    `lib/${name}.mjs`,
    `lib/${name}.d.mts`,
  ]),
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
