import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../support/world'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rseq-native-'))
  for (const part of ['package.json', 'lib'])
    cpSync(join(root, part), join(folder, part), { recursive: true })
})

afterAll(() => rmSync(folder, { recursive: true }))

/** Puts a file where the package looks for its addon, and reports what an import makes of it. */
function load(options: {
  build?: string | Buffer
  prebuild?: string
  platform?: string
  arch?: string
  /** What runs before the import. */
  before?: string
}): {
  reason: string
  message: string
  addon: string | null
  backend: string
  value: number
} {
  rmSync(join(folder, 'build'), { recursive: true, force: true })
  rmSync(join(folder, 'prebuilds'), { recursive: true, force: true })
  if (options.build !== undefined) {
    mkdirSync(join(folder, 'build', 'Release'), { recursive: true })
    writeFileSync(join(folder, 'build', 'Release', 'rseq.node'), options.build)
  }
  if (options.prebuild !== undefined) {
    const to = join(folder, 'prebuilds', `linux-${process.arch}`)
    mkdirSync(to, { recursive: true })
    cpSync(options.prebuild, join(to, 'rseq.node'))
  }
  const fake = (name: string, value: string | undefined): string =>
    value === undefined ? '' : `Object.defineProperty(process, '${name}', { value: '${value}' });`
  const script = `${options.before ?? ''};${fake('platform', options.platform)}${fake('arch', options.arch)}
    import('rseq').then(({ PerCpuCounter, status }) => {
      const counter = PerCpuCounter.named('native.test')
      counter.inc()
      const { reason, message, addon, backend } = status()
      console.log(JSON.stringify({ reason, message, addon, backend, value: counter.value }))
    })`
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8' }))
}

describe('importing never throws, and says what it did without', () => {
  test('the addon of a package is its prebuild', () => {
    const result = load({ prebuild: join(root, 'build', 'Release', 'rseq.node') })
    expect(result).toMatchObject({ reason: 'OK', backend: 'rseq', value: 1 })
    expect(result.addon).toBe(join(folder, 'prebuilds', `linux-${process.arch}`, 'rseq.node'))
  })

  test('no addon at all', () => {
    const result = load({})
    expect(result).toMatchObject({ reason: 'NO_ADDON', backend: 'portable', value: 1, addon: null })
    expect(result.message).toContain('no such file')
    expect(result.message).toContain('npm run build')
    expect(result.message).toContain('Reinstall the package')
  })

  test.each(['crypto', 'TextEncoder', 'TextDecoder'])('no global %s', (name) => {
    expect(load({ before: `delete globalThis.${name}` })).toMatchObject({ backend: 'portable', value: 1 })
    const build = readFileSync(join(root, 'build', 'Release', 'rseq.node'))
    expect(load({ build, before: `delete globalThis.${name}` })).toMatchObject({ backend: 'rseq', value: 1 })
  })

  test.each(['import', 'require'])('inside of an ES module that a bundler made, by %s', async (by) => {
    const entry = join(folder, by === 'import' ? 'entry.mjs' : 'entry.cjs')
    const names = '{ PerCpuCounter, status }'
    const taken = by === 'import' ? `import ${names} from 'rseq'` : `const ${names} = require('rseq')`
    const count = 'const counter = new PerCpuCounter(); counter.inc()'
    writeFileSync(
      entry,
      `${taken}; ${count}; console.log(JSON.stringify({ value: counter.value, ...status() }))`,
    )
    const outfile = join(folder, 'bundled', 'bundle.mjs')
    const { warnings } = await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
    })
    expect(warnings).toEqual([])
    const result = JSON.parse(execFileSync(process.execPath, [outfile], { encoding: 'utf8' }))
    expect(result).toMatchObject({ backend: 'portable', reason: 'NO_ADDON', value: 1 })
    expect(result.message).toContain('mark "rseq" as external')
  })

  test.each([
    ['empty', ''],
    ['text', 'not an addon'],
    ['truncated ELF', Buffer.from('7f454c4602010100', 'hex')],
  ])('an addon that is %s', (_, build) => {
    const result = load({ build })
    expect(result).toMatchObject({ reason: 'NO_ADDON', backend: 'portable', value: 1 })
    expect(result.message).toMatch(/rseq\.node: .*(too short|invalid ELF header)/)
    expect(result.message).toContain('It is there, but was refused')
    expect(result.message).not.toContain('Reinstall')
  })

  test.each([
    ['EACCES', 'permission denied, access'],
    ['EPERM', 'operation not permitted, access'],
  ])('an addon in a folder that may not be looked into: %s', (code, words) => {
    // As root, everything may be looked into.
    const deny = `const fs = require('node:fs')
      fs.existsSync = () => false
      fs.accessSync = () => { throw Object.assign(new Error('${code}: ${words}'), { code: '${code}' }) }`
    const result = load({ before: deny })
    expect(result).toMatchObject({ reason: 'NO_ADDON', backend: 'portable', value: 1 })
    expect(result.message).toContain(`rseq.node: ${code}: ${words}`)
    expect(result.message).not.toContain('Reinstall')
  })

  test('an addon of another version', () => {
    const other = readFileSync(join(root, 'test', 'native', 'build', 'Release', 'helpers.node'))
    const result = load({ build: other })
    expect(result).toMatchObject({ reason: 'NO_ADDON', backend: 'portable', value: 1 })
    expect(result.message).toMatch(/rseq\.node: built from another version/)
  })

  test('a build that does not load gives way to the prebuild', () => {
    const result = load({ build: 'broken', prebuild: join(root, 'build', 'Release', 'rseq.node') })
    expect(result).toMatchObject({ reason: 'OK', backend: 'rseq', value: 1 })
  })

  test.each([
    ['darwin', 'arm64'],
    ['win32', 'x64'],
    ['linux', 'riscv64'],
    ['linux', 'ia32'],
  ])('%s on %s', (platform, arch) => {
    const result = load({ platform, arch, prebuild: join(root, 'build', 'Release', 'rseq.node') })
    expect(result).toMatchObject({
      reason: 'UNSUPPORTED_PLATFORM',
      backend: 'portable',
      value: 1,
      addon: null,
    })
    expect(result.message).toContain(`${platform} on ${arch}`)
  })
})
