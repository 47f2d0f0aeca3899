import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { status } from 'rseq'
import { expect, test } from 'vitest'
import { fixtures, hasFastCalls, root } from './world'

test.each([
  ['fast calls', {}, hasFastCalls],
  ['N-API, by RSEQ_FAST_CALLS=0', { RSEQ_FAST_CALLS: '0' }, false],
  ['fast calls with an own area', { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }, hasFastCalls],
])('%s: exact in every tier of the compiler, and in workers', (_, env, fastCalls) => {
  const output = execFileSync(process.execPath, ['--allow-natives-syntax', join(fixtures, 'optimised.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  const rounds = 3 * 5 * 10_000 // threads × tiers × calls
  expect(JSON.parse(output)).toEqual({
    fastCalls,
    backend: 'rseq',
    counter: rounds * (1 + 3 - 2 + 2 ** 34),
    sum: rounds * 2.5,
    refused: ['TypeError', 'RangeError', 'RangeError', 'RangeError', 'TypeError', 'RangeError'],
  })
})

/** Imports the package in a process in which `before` ran first. */
function load(before: string, cwd = root): { fastCalls: boolean; backend: string; value: number } {
  const script = `const versions = (changed) => Object.defineProperty(process, 'versions', { value: { ...process.versions, ...changed } })
    const node = require('node:module')._extensions['.node']
    /** Puts what \`exported\` gives in the place of the second addon. */
    const replace = (exported) => {
      require('node:module')._extensions['.node'] = (module, path) => {
        if (/rseq_fast/.test(path)) module.exports = exported()
        else node(module, path)
      }
    }
    ${before}
    import('rseq').then(({ PerCpuCounter, status }) => {
      const counter = new PerCpuCounter()
      counter.inc()
      console.log(JSON.stringify({ ...status(), value: counter.value }))
    })`
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd, encoding: 'utf8' }))
}

test.each([
  ['Bun', "versions({ bun: '1.2.0' })"],
  ['Electron', "versions({ electron: '30.0.0' })"],
  ['Deno', "versions({ deno: '2.0.0' })"],
  ['a V8 that was never tested', "versions({ v8: '10.2.154.26-node.38' })"],
  ['a second addon that does not load', "replace(() => { throw new Error('another Node') })"],
  ['a second addon for a V8 that it does not know', 'replace(() => ({}))'],
  ['a second addon that binds nothing', 'replace(() => ({ bind: () => undefined }))'],
  ['a second addon of another version', 'replace(() => ({ bind: () => ({ inc() {} }) }))'],
])('%s: N-API', (_, before) => {
  expect(load(before)).toMatchObject({ fastCalls: false, backend: 'rseq', value: 1 })
})

if (hasFastCalls)
  test('the second addon of a package has the number of its ABI in its name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rseq-fastcalls-'))
    for (const part of ['package.json', 'lib'])
      cpSync(join(root, part), join(folder, part), { recursive: true })
    const shipped = join(folder, 'prebuilds', `linux-${process.arch}`)
    const ofAbi = `rseq_fast.abi${process.versions.modules}.node`
    const addon = String(status().addon)
    const fast = ['rseq_fast.node', ofAbi].map((name) => join(dirname(addon), name)).find(existsSync)
    cpSync(addon, join(shipped, 'rseq.node'))
    cpSync(String(fast), join(shipped, ofAbi))
    expect(load('', folder)).toMatchObject({ fastCalls: true, backend: 'rseq', value: 1 })
    rmSync(folder, { recursive: true })
  })
