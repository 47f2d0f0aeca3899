import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../support/world'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>

describe('the package', () => {
  test('has no dependencies and runs nothing at installation', () => {
    for (const kind of ['dependencies', 'optionalDependencies', 'bundledDependencies']) {
      expect(manifest[kind]).toBeUndefined()
    }
    // Nobody is asked to install what an entry point stands on, unless that is used.
    const peers = ['@opentelemetry/api', '@opentelemetry/sdk-metrics', 'prom-client']
    // Nor does npm refuse this package where something else uses another version: the entry points themselves do.
    expect(manifest.peerDependencies).toEqual(Object.fromEntries(peers.map((name) => [name, '*'])))
    expect(manifest.peerDependenciesMeta).toEqual(
      Object.fromEntries(peers.map((name) => [name, { optional: true }])),
    )
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
      expect(manifest.scripts).not.toHaveProperty(script)
    }
    expect(manifest.gypfile).toBe(false)
    expect(manifest.engines).toEqual({ node: '>=20' })
    expect(manifest.license).toBe('MIT')
  })

  test('has these entry points, and their files', () => {
    const entries = manifest.exports as Record<string, unknown>
    expect(Object.keys(entries)).toEqual(['.', './prom-client', './opentelemetry', './package.json'])
    const files = JSON.stringify(entries).match(/\.\/[^"]+\.(m?js|d\.m?ts|json)(?=")/g) ?? []
    expect(files.length).toBeGreaterThan(8)
    for (const file of files) expect([file, existsSync(join(root, file))]).toEqual([file, true])
  })

  test('has no download addresses in its lock file', () => {
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
        'HistogramReading',
        'HistogramSnapshot',
        'PerCpuBatch',
        'PerCpuCounter',
        'PerCpuHistogram',
        'PerCpuPool',
        'PerCpuRing',
        'PerCpuSum',
        'PreemptionProbe',
        'Region',
        'RseqError',
        'cpuId',
        'getcpu',
        'measureUninterrupted',
        'mmCid',
        'monitorPreemption',
        'nodeId',
        'register',
        'schedGetcpu',
        'status',
        'unregister',
      ].sort(),
    )
    expect(same).toBe(true)
  })

  test('gives one instance of rseq/opentelemetry, too', () => {
    const script = `import('rseq/opentelemetry').then((esm) => {
      const cjs = require('rseq/opentelemetry')
      const names = (module) => Object.keys(module).filter((name) => !['default', 'module.exports'].includes(name)).sort()
      const same = esm.MeterProvider === cjs.MeterProvider && esm.default === cjs
      console.log(JSON.stringify([names(esm), names(cjs), same]))
    })`
    const output = execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' })
    expect(JSON.parse(output)).toEqual([
      ['MeterProvider', 'observePreemption'],
      ['MeterProvider', 'observePreemption'],
      true,
    ])
  })
})
