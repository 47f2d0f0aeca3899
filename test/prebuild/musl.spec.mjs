import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { fetchNode, MAJORS } from '../../scripts/nodes.mjs'
import { ARCHITECTURES, debianRoot } from '../machines/debian/root.mjs'
import { dynamicNames } from '../package/abi/portability'
import { Elf } from '../support/elf'
import { inRoot } from './chroot.mjs'
import { compile, cxxLibrary, fetchBun, PACKAGES } from './musl.mjs'
import { INCREMENTS, load, project, WORKERS } from './project.mjs'

const { arch } = process
const rootOf = (suite) => debianRoot({ arch: ARCHITECTURES[arch], suite, packages: PACKAGES })
const prebuilds = join(project, 'node_modules', 'rseq', 'prebuilds', `linux-${arch}`)

const scratch = mkdtempSync(join(tmpdir(), 'rseq-musl-'))
afterAll(() => rmSync(scratch, { recursive: true }))

/** A fresh folder for what a root is to see. */
function folder(name) {
  const path = join(scratch, name)
  mkdirSync(path)
  return path
}

/** Functions of Node and V8 that the addons import; host.c has better ones of some. */
function stubs() {
  const names = readdirSync(prebuilds).flatMap((name) =>
    dynamicNames(new Elf(readFileSync(join(prebuilds, name))), 'imports'),
  )
  const host = [...new Set(names)].filter((name) => /^(napi_|_ZNK?2v8)/.test(name))
  return host.map((name) => `__attribute__((weak)) int ${name}(void) { return 1; }\n`).join('')
}

describe.each([
  ['bookworm', '1.2.3'],
  ['trixie', '1.2.5'],
  ['sid', 'newest'],
])('Debian %s, musl %s', (suite, version) => {
  test('is that musl', () => {
    const said = inRoot(rootOf(suite), {}, ['sh', '-c', '/lib/ld-musl-*.so.1 2>&1 || true'])
    expect(said).toMatch(version === 'newest' ? /Version \d/ : `Version ${version}`)
  })

  test('a program in C loads every file, and counts exactly', () => {
    const root = rootOf(suite)
    const here = folder(`host-${suite}`)
    const files = readdirSync(prebuilds).sort() // rseq.node is first
    for (const name of files) cpSync(join(prebuilds, name), join(here, name))
    writeFileSync(join(here, 'stubs.c'), stubs())
    const sources = [join(import.meta.dirname, 'host.c'), join(here, 'stubs.c')]
    const headers = [join(fetchNode(arch, MAJORS[0]), 'include', 'node')]
    compile(arch, root, sources, join(here, 'host'), { headers })
    const command = ['/mnt/host', WORKERS, INCREMENTS, ...files.map((name) => `/mnt/${name}`)].map(String)
    const result = JSON.parse(inRoot(root, { mnt: here }, command))
    console.log(`${suite}: ${JSON.stringify(result)}`)
    const SELF = 2
    expect(result).toEqual({
      loaded: 1 + MAJORS.length,
      count: WORKERS * INCREMENTS,
      registrations: Array(WORKERS).fill(SELF),
    })
  })

  test('Bun loads the packed package, and counts exactly', () => {
    const library = folder(`library-${suite}`)
    cxxLibrary(arch, rootOf('bookworm'), library)
    const options = { mounts: { run: library }, env: { LD_LIBRARY_PATH: '/run' } }
    const result = load(rootOf(suite), fetchBun(arch), 'bun', options)
    console.log(`${suite}: Bun ${result.bun}, ${result.status.registration}, ${result.count}`)
    expect(result.status.addon).toBe(`/mnt/node_modules/rseq/prebuilds/linux-${arch}/rseq.node`)
    const thread = { backend: 'rseq', registration: 'self', fastCalls: false, reason: 'OK' }
    expect(result.status).toMatchObject({ ...thread, libc: { name: 'musl', version: null } })
    expect(result.threads).toEqual(Array(WORKERS).fill(thread))
    expect(result.expected).toBe(WORKERS * INCREMENTS)
    expect(result.count).toBe(result.expected)
    expect(result.sum).toBe(result.expected / 2)
  })
})
