// Without the addon each process has its own page: who has several is told.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../support/world'

const folder = mkdtempSync(join(tmpdir(), 'rseq-not-shared-'))
const script = join(folder, 'main.cjs')
beforeAll(() => {
  const entry = (name: string): string => JSON.stringify(join(root, 'lib', name, 'index.js'))
  writeFileSync(join(folder, 'package.json'), '{}')
  // main.cjs ENTRY HOW: uses an entry point in a process, and in a child or a worker of it if there is one.
  writeFileSync(
    script,
    `
    const cluster = require('node:cluster')
    const [entry, how] = process.argv.slice(2)
    const use = () => {
      if (entry === 'prom-client') new (require(${entry('prom-client')}).Counter)({ name: 'a', help: 'h' }).inc()
      else new (require(${entry('opentelemetry')}).MeterProvider)().getMeter('m').createCounter('a').add(1)
    }
    use()
    if (how === 'cluster' && cluster.isPrimary) cluster.fork()
    else if (how === 'fork') require('node:child_process').fork(__filename, [entry, 'child'])
    else if (process.channel) process.disconnect()
    `,
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

const { RSEQ_PARENT: _, RSEQ_REGION: __, ...environment } = process.env

function warningsOf(entry: string, how: string, ...options: string[]): string[] {
  return warningsIn(environment, entry, how, ...options)
}

function warningsIn(env: NodeJS.ProcessEnv, entry: string, how: string, ...options: string[]): string[] {
  const args = [...options, script, entry, how]
  const { stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
  expect([status, stderr.includes('Error')]).toEqual([0, false])
  return stderr.split('\n').filter((line) => line.includes('Warning: '))
}

describe.each(['prom-client', 'opentelemetry'])('rseq/%s', (entry) => {
  test.each(['cluster', 'fork'])('%s: the other process says what is so, once, and why', (how) => {
    const warnings = warningsOf(entry, how, '--no-addons')
    expect(warnings).toEqual([
      expect.stringMatching(
        /\[RSEQ_NOT_SHARED\] Warning: rseq\/.* its own metrics only\. The native addon could not be loaded\./,
      ),
    ])
    expect(warnings[0]).toContain(`rseq/${entry}: each process of this service`)
  })

  test('alone, and with the addon, there is nothing to say', () => {
    expect(warningsOf(entry, 'alone', '--no-addons')).toEqual([])
    for (const how of ['cluster', 'fork']) expect(warningsOf(entry, how)).toEqual([])
  })
})

test('a process that was told a file to share says that it does not', () => {
  const env = { ...environment, RSEQ_REGION: join(folder, 'region') }
  expect(warningsIn(env, 'prom-client', 'alone', '--no-addons')).toHaveLength(1)
  expect(warningsIn(env, 'prom-client', 'alone')).toEqual([])
  expect(warningsIn({ ...env, RSEQ_REGION: '' }, 'prom-client', 'alone', '--no-addons')).toEqual([])
})

test('the other process says it, whatever a program of another package has told before', () => {
  const env = { ...environment, RSEQ_PARENT: '0123456789ab:/dev/shm/rseq-0-1-1-0123456789ab' }
  expect(warningsIn(env, 'prom-client', 'fork', '--no-addons')).toHaveLength(1)
})

test('a process that something else has forked, as a test runner does, is alone', () => {
  const runner = `
    const child = require('node:child_process').fork(${JSON.stringify(script)}, ['prom-client', 'child'], { silent: true })
    child.stderr.pipe(process.stdout)`
  const options = { encoding: 'utf8', env: { ...environment, NODE_OPTIONS: '--no-addons' } } as const
  expect(execFileSync(process.execPath, ['-e', runner], options)).toBe('')
})
