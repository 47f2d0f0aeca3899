import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './world'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>

describe('the package', () => {
  test('has no dependencies and runs nothing at installation', () => {
    for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundledDependencies']) {
      expect(manifest[kind]).toBeUndefined()
    }
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
      expect(manifest.scripts).not.toHaveProperty(script)
    }
    expect(manifest.gypfile).toBe(false)
    expect(manifest.engines).toEqual({ node: '>=20' })
    expect(manifest.license).toBe('MIT')
  })

  test('packs what it needs and nothing else', () => {
    const [{ files, size }] = JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
        cwd: root,
        encoding: 'utf8',
      }),
    ) as [{ files: { path: string }[]; size: number }]
    const paths = files.map(({ path }) => path)
    for (const needed of [
      'lib/index.js',
      'lib/index.mjs',
      'lib/index.d.ts',
      'lib/index.d.mts',
      'lib/cli/rseq.js',
    ]) {
      expect(paths).toContain(needed)
    }
    const allowed = /^(lib\/|prebuilds\/|package\.json$|README\.md$|CHANGELOG\.md$|LICENSE$)/
    expect(paths.filter((path) => !allowed.test(path))).toEqual([])
    expect(size).toBeLessThan(1_000_000)
  })

  test('lists no download addresses in its lock file', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(
      /"resolved"|https?:\/\/[^"]*\.tgz/,
    )
  })

  test('gives one instance to require and to import, in one thread', () => {
    const script = `import('rseq').then((esm) => {
      const cjs = require('rseq')
      const names = (module) => Object.keys(module).filter((name) => !['default', 'module.exports'].includes(name)).sort()
      console.log(JSON.stringify([names(esm), names(cjs), names(cjs).every((name) => esm[name] === cjs[name])]))
    })`
    const output = execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' })
    const [esm, cjs, same] = JSON.parse(output) as [string[], string[], boolean]
    expect(esm).toEqual(cjs)
    expect(esm).toEqual(
      [
        'PerCpuBatch',
        'PerCpuCounter',
        'PerCpuSum',
        'RseqError',
        'cpuId',
        'getcpu',
        'mmCid',
        'nodeId',
        'register',
        'schedGetcpu',
        'status',
        'unregister',
      ].sort(),
    )
    expect(same).toBe(true)
  })
})

describe('types', () => {
  const use = `
    import { cpuId, getcpu, PerCpuCounter, type PerCpuHandle, PerCpuSum, RseqError, type Status, status } from 'rseq'
    const cpu: number = cpuId()
    const location: { readonly cpu: number; readonly node: number } = getcpu()
    const counter: PerCpuCounter = PerCpuCounter.named('a', { index: 'mm_cid' })
    const handle: PerCpuHandle<'counter'> = counter.handle
    const cells: BigInt64Array = PerCpuCounter.from(handle).perCpu()
    const sums: Float64Array = new PerCpuSum().perCpu()
    const now: Status = status()
    const backend: 'rseq' | 'atomic' | 'portable' = now.backend
    if (now.area !== null) now.area.mode satisfies 'legacy' | 'optimized' | null
    try { counter.add(1) } catch (error) { if (error instanceof RseqError) error.code satisfies string }
    // @ts-expect-error a string is no amount
    counter.add('1')
    // @ts-expect-error no such index
    new PerCpuCounter({ index: 'node' })
    // @ts-expect-error a sum's handle opens no counter
    PerCpuCounter.from(new PerCpuSum().handle)
    // @ts-expect-error frozen
    now.available = false
    export { backend, cells, cpu, location, sums }
  `

  test.each([
    ['node16', 'node16', 'mts'],
    ['node16', 'node16', 'cts'],
    ['nodenext', 'nodenext', 'mts'],
    ['esnext', 'bundler', 'ts'],
  ])('check under module %s, resolution %s, in a .%s file', (module, resolution, extension) => {
    const folder = mkdtempSync(join(root, 'node_modules', '.types-'))
    try {
      writeFileSync(join(folder, `use.${extension}`), use)
      const output = execFileSync(
        join(root, 'node_modules', '.bin', 'tsc'),
        [
          '--noEmit',
          '--strict',
          '--target',
          'es2022',
          '--module',
          module,
          '--moduleResolution',
          resolution,
          '--types',
          '',
          '--ignoreConfig',
          join(folder, `use.${extension}`),
        ],
        { cwd: root, encoding: 'utf8' },
      )
      expect(output).toBe('')
    } catch (error) {
      throw new Error((error as { stdout?: string }).stdout || String(error))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
