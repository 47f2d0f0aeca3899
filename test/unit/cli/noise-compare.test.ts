import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { NoiseResult } from '../../../src/ts/cli/noise/schema'
import { rseq, scratchFolder, USAGE } from '../../support/command'
import { cpuOf, resultOf } from '../../support/noise-samples'
import { sample } from '../../support/samples'
import { root } from '../../support/world'

const built = createRequire(import.meta.url)(
  join(root, 'lib', 'cli', 'noise', 'page.js'),
) as typeof import('../../../src/ts/cli/noise/page')
const scratch = scratchFolder()

function write(name: string, content: unknown): string {
  const file = join(scratch, name)
  writeFileSync(file, JSON.stringify(content))
  return file
}

const compare = (...args: string[]) => rseq(['compare', ...args])

function compared(a: NoiseResult, b: NoiseResult): string {
  const { stdout, stderr, status } = compare(write('a.json', a), write('b.json', b))
  expect([stderr, status]).toEqual(['', 0])
  return stdout
}

const emulated = (run: NoiseResult): NoiseResult => ({ ...run, machine: { ...run.machine, emulated: true } })

describe('rseq compare of two runs of rseq noise', () => {
  const a = resultOf([cpuOf(0, 0.06), cpuOf(1, 0.02)])
  const b = resultOf([cpuOf(0, 0.03), cpuOf(1, 0.02, 6e6)])

  test('shows all CPUs together, each, and latency, with ratios', () => {
    const stdout = compared(a, b)
    expect(stdout).toMatch(/^A {2}\S+\/a\.json\n {3}Sample CPU, x64, 2 CPUs/)
    expect(stdout).toMatch(/^B {2}\S+\/b\.json\n {3}Sample CPU, x64, 2 CPUs/m)
    expect(stdout).toMatch(/All CPUs\n +A +B +B\/A\ntaken +5\.0 % +3\.5 % +0\.70×\n/)
    expect(stdout).toMatch(
      /CPU 0\n +A +B +B\/A\ntaken +7\.0 % +4\.0 % +0\.57×\nthreads: share +6\.0 % +3\.0 % +0\.50×/,
    )
    expect(stdout).toMatch(/CPU 1\n[^C]*threads: longest +3\.00 ms +6\.00 ms +2\.00×/)
    expect(stdout).toMatch(/What needs 1 ms of CPU takes\n +A +B +B\/A\np50 +1\.00 ms +1\.00 ms +1\.00×/)
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
  })

  test('of other CPUs there are sums only, and – for what one of them has not', () => {
    const stdout = compared(a, resultOf([cpuOf(0, 0.06), cpuOf(3, 0.02)], { latency: [] }))
    expect(stdout).not.toMatch(/^CPU \d/m)
    expect(stdout).toMatch(/All CPUs\n.*\ntaken +5\.0 % +5\.0 % +1\.00×/)
    expect(stdout).toMatch(/^p50 +1\.00 ms +– +–$/m)
  })

  test('emulated machines get no ratios', () => {
    for (const stdout of [compared(emulated(a), b), compared(a, emulated(b))]) {
      expect(stdout).toMatch(/No ratios: [AB] ran on an emulated machine\./)
      expect(stdout).not.toMatch(/×|B\/A/)
    }
  })

  test('says where they saw gaps of different lengths', () => {
    expect(compared(a, { ...b, threshold: 5000 })).toMatch(
      /A saw gaps of more than 1 µs, B of more than 5 µs/,
    )
  })

  test('refuses a run of another command beside it', () => {
    const file = write('a.json', a)
    const bench = write('bench.json', sample('x86_64'))
    for (const [args, one, other] of [
      [[file, bench], 'noise', 'bench'],
      [[bench, file], 'bench', 'noise'],
    ] as const) {
      const { stdout, stderr, status } = compare(...args)
      expect([stdout, status]).toEqual(['', USAGE])
      expect(stderr).toBe(
        `rseq: ${args[1]}: expected a result of 'rseq ${one}' like ${args[0]}, received one of 'rseq ${other}'\n`,
      )
    }
  })

  test.each<[string, unknown, string]>([
    ['kind', { ...a, kind: 'other' }, 'kind: expected noise, received "other"'],
    ['schema', { ...a, schema: 2 }, 'expected schema 1, received 2'],
    ['list', { ...a, cpus: 3 }, 'cpus: expected a list, received 3'],
    [
      'number',
      { ...a, cpus: [{ ...a.cpus[0], taken: '1' }] },
      'cpus[0].taken: expected a number, received "1"',
    ],
    ['sign', { ...a, seconds: -1 }, 'seconds: expected a number, 0 to 100000, received -1'],
    ['none', { ...a, machine: undefined }, 'machine: expected an object, received nothing'],
  ])('refuses a wrong %s', (name, content, reason) => {
    const file = write(`${name}.json`, content)
    const { stdout, stderr, status } = compare(write('a.json', a), file)
    expect([stdout, status]).toEqual(['', USAGE])
    expect(stderr).toBe(`rseq: ${file}: ${reason}\n`)
  })

  test('writes a page with both timelines', () => {
    const file = join(scratch, 'two.html')
    expect(compare(write('a.json', a), write('b.json', b), '--html', file).status).toBe(0)
    const page = readFileSync(file, 'utf8')
    expect(page).toContain('<h1>rseq compare</h1>')
    expect(page).toMatch(
      /<b>A<\/b> <b>\S+\/a\.json<\/b><br>Sample CPU.*\n?.*<b>B<\/b> <b>\S+\/b\.json<\/b><br>/,
    )
    expect(page.match(/<div class="lanes">/g)).toHaveLength(2)
    expect(page).toContain('0.70×')
  })
})

describe('the page of rseq noise', () => {
  function pageOf(result: NoiseResult): string {
    const file = join(scratch, 'page.html')
    built.writePage(result, file)
    return readFileSync(file, 'utf8')
  }

  test('has a lane for each CPU, patterns, figures and latency', async () => {
    const page = pageOf(resultOf([cpuOf(0, 0.06), cpuOf(7, 0.02, 5e6)]))
    expect(page.match(/<div class="lane">/g)).toHaveLength(2)
    expect(page).toContain(
      'CPU 0 is taken by other threads 20.0 times a second for 3.00 ms (every 50.0 ms): 6.0 % of its time.',
    )
    expect(page).toContain('What needs 1 ms of CPU takes')
    expect(page).toContain('<strong>5.00 ms</strong><span>was the longest gap</span><small>on CPU 7</small>')
    // 20 columns of 100 have gaps, of each cause, and no thread's is shorter than an interrupt's.
    const paths = [...page.matchAll(/<path class="(\w+)" d="([^"]*)"/g)].map(
      ([, kind, d = '']) => `${kind} ${d.match(/M/g)?.length ?? 0}`,
    )
    expect(paths).toEqual([
      'threads 20',
      'interrupts 20',
      'threads 0',
      'threads 20',
      'interrupts 20',
      'threads 0',
    ])
  })

  test('loads nothing, runs nothing, and takes text for text', async () => {
    const result = resultOf([cpuOf(0, 0.06)])
    const cpu = '</title><script>alert(1)</script>'
    const page = pageOf({ ...result, machine: { ...result.machine, cpu } })
    expect(page).not.toContain('<script')
    expect(page).toContain("default-src 'none'")
    expect(page).not.toMatch(/(src|href)="(?!data:)/)
  })

  test('of an emulated machine says so', async () => {
    expect(pageOf(emulated(resultOf([cpuOf(0, 0.06)])))).toContain('<b>Emulated machine.</b>')
  })

  test('has room for 256 CPUs', async () => {
    const page = pageOf(resultOf(Array.from({ length: 256 }, (_, i) => cpuOf(i, i / 1000))))
    expect(page.match(/<div class="lane">/g)).toHaveLength(256)
    expect(page).toContain('<div class="lanes many">')
    expect(page).toContain('… and 492 more patterns that take less.')
  })
})
