import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { status } from 'rseq'
import { expect, test } from 'vitest'
import { fixtures, hasFastCalls, root } from '../../support/world'

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

interface Loaded {
  fastCalls: boolean
  fastCallsReason: string
  message: string
  backend: string
  value: number
}

/** Imports the package in a process in which `before` ran first. */
function load(before: string, cwd = root): Loaded {
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
  ['Bun', "versions({ bun: '1.2.0' })", 'UNTESTED_RUNTIME', 'for Node alone'],
  ['Electron', "versions({ electron: '30.0.0' })", 'UNTESTED_RUNTIME', 'for Node alone'],
  ['Deno', "versions({ deno: '2.0.0' })", 'UNTESTED_RUNTIME', 'for Node alone'],
  ['a V8 that was never tested', "versions({ v8: '10.2.154.26-node.38' })", 'UNTESTED_V8', 'V8 10.2.154.26'],
  ['RSEQ_FAST_CALLS=0', "process.env.RSEQ_FAST_CALLS = '0'", 'DISABLED', 'RSEQ_FAST_CALLS=0'],
  [
    'one that does not load',
    "replace(() => { throw new Error('of another Node') })",
    'REFUSED',
    'of another Node',
  ],
  ['one for a V8 that it does not know', 'replace(() => ({}))', 'OTHER_VERSION', 'for another V8'],
  ['one that binds nothing', 'replace(() => ({ bind: () => undefined }))', 'OTHER_VERSION', 'for another V8'],
  [
    'one of another version',
    'replace(() => ({ bind: () => ({ inc() {} }) }))',
    'OTHER_VERSION',
    'another version',
  ],
])('%s: N-API, and status() says why', (_, before, fastCallsReason, says) => {
  const found = load(before)
  expect(found).toMatchObject({ fastCalls: false, fastCallsReason, backend: 'rseq', value: 1 })
  expect(found.message).toMatch(
    /^Restartable sequences are active.*\. Fast calls are off, and calls slower: .*\.$/,
  )
  expect(found.message).toContain(says)
})

test('none beside the addon, or one that is none: status() says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rseq-fastcalls-'))
  for (const part of ['package.json', 'lib'])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  const shipped = join(folder, 'prebuilds', `linux-${process.arch}`)
  cpSync(String(status().addon), join(shipped, 'rseq.node'))
  const name = `rseq_fast.abi${process.versions.modules}.node`
  const missing = load('', folder)
  writeFileSync(join(shipped, name), 'no shared object')
  const damaged = load('', folder)
  rmSync(folder, { recursive: true })
  const expected = hasFastCalls ? ['NO_FILE', 'REFUSED'] : ['UNTESTED_V8', 'UNTESTED_V8']
  expect([missing.fastCallsReason, damaged.fastCallsReason]).toEqual(expected)
  if (hasFastCalls) for (const { message } of [missing, damaged]) expect(message).toContain(name)
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
