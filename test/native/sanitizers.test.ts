import { beforeAll, describe, expect, test } from 'vitest'
import { build, Sanitizer } from './sanitizers.mjs'

const SECONDS = '2'
const DAMAGED = '2000'
const kinds = ['asan', 'tsan'] as const
/** Milliseconds: a sanitizer makes everything many times slower, and other tests run beside it. */
const LONG = 600_000

interface Totals {
  rounds: number
  operations: number
  violations: number
}

// The long runs, and the addon in Node: npm run test:sanitize -- asan, test:sanitize -- tsan, test:stress -- fuzz.
describe('the native side under sanitizers, without Node', { timeout: LONG }, () => {
  beforeAll(() => build(...kinds.map((kind) => `structures_${kind}`)), LONG)

  test.each(kinds)('%s: threads and processes that use everything, and some that are killed', (kind) => {
    const sanitizer = new Sanitizer(kind)
    const program = `structures_${kind}`
    sanitizer.mustReport((which) => sanitizer.program(program, ['mistake', which]))
    const { status, stdout, stderr } = sanitizer.program(program, [SECONDS])
    const heads = sanitizer.reports(stderr).map(({ text }) => text.slice(0, 3000))
    sanitizer.end()
    expect({ status, heads, stderr: stderr.slice(0, 3000) }).toEqual({ status: 0, heads: [], stderr: '' })
    const totals = JSON.parse(stdout) as Totals
    console.log(`${kind}: ${totals.operations} operations`)
    expect(totals.violations).toBe(0)
    expect(totals.operations).toBeGreaterThan(10_000)
  })

  test(`asan: ${DAMAGED} damaged region files`, () => {
    const sanitizer = new Sanitizer('asan')
    const seed = String(Math.trunc(Math.random() * 2 ** 30))
    const args = ['damaged', DAMAGED, seed]
    const { status, stdout, stderr } = sanitizer.program('structures_asan', args)
    const heads = sanitizer.reports(stderr).map(({ text }) => text.slice(0, 3000))
    sanitizer.end()
    expect({ seed, status, heads }).toEqual({ seed, status: 0, heads: [] })
    const { attached, refused } = JSON.parse(stdout.split('\n')[0] as string)
    expect(Math.min(attached, refused)).toBeGreaterThan(0)
  })
})
