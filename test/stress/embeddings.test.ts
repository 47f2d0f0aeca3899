import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status } from 'rseq'
import { expect, test } from 'vitest'
import { fixtures } from '../support/world'

/*
 * All that the package has, in three threads, in ways that Node is started or others load it. test/stress/embeddings.mjs
 * has more of them.
 */
interface Result {
  done: number
  threads: { backend: string; reason: string }[]
  violations: string[]
}

const PERMITTED = ['--allow-fs-read=*', '--allow-fs-write=*', '--allow-worker']
const permission =
  Number(process.versions.node.split('.')[0]) < 23 ? '--experimental-permission' : '--permission'
const here = { backend: status().backend, reason: status().reason }
const none = { backend: 'portable', reason: 'NO_ADDON' }

function run(...args: string[]): Result {
  return JSON.parse(
    execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  )
}

test.each([
  [['--jitless'], here],
  [['--disallow-code-generation-from-strings'], here],
  [['--frozen-intrinsics'], here],
  [[permission, ...PERMITTED, '--allow-addons'], here],
  [[permission, ...PERMITTED], none],
  [['--no-addons'], none],
])('exact with %j', (options, expected) => {
  const folder = mkdtempSync(join(tmpdir(), 'rseq-embedded-'))
  const what = JSON.stringify({ rounds: 2000, file: join(folder, 'region') })
  const { done, threads, violations } = run(...options, join(fixtures, 'everything.cjs'), what)
  rmSync(folder, { recursive: true })
  expect(violations).toEqual([])
  expect(done).toBe(3 * 2000)
  for (const thread of threads) expect(thread).toMatchObject(expected)
})

test('exact in contexts of vm, one after the other and at a time', () => {
  const { done, threads, violations } = run(join(fixtures, 'contexts.cjs'), '4', '1000')
  expect(violations).toEqual([])
  expect(done).toBe(2 * 4 * 2 * 1000)
  for (const thread of threads) expect(thread).toMatchObject(here)
})
