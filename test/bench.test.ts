import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status } from 'rseq'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isEmulated } from '../src/ts/cli/bench/machine'
import type { QuestionPlan } from '../src/ts/cli/bench/plan'
import type { BenchResult, Figure, Question, Row } from '../src/ts/cli/bench/result'
import { figureOf, noiseOf, quantile } from '../src/ts/cli/bench/statistics'
import { tableOf } from '../src/ts/cli/bench/table'

const root = join(import.meta.dirname, '..')
const addon = join(root, 'bench', 'native', 'build', 'Release', 'rseq_bench.node')
const scratch = mkdtempSync(join(tmpdir(), 'rseq-bench-'))
const NOISY = 4
const USAGE = 2

beforeAll(() => {
  if (existsSync(addon)) return
  const args = ['scripts/node-gyp.mjs', 'rebuild', '--directory', 'bench/native']
  expect(spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status).toBe(0)
})
afterAll(() => rmSync(scratch, { recursive: true }))

const CALL = `require(process.argv[1]).bench(process.argv.slice(2)).then((code) => { process.exitCode = code })`

function bench(args: string[], folder = root) {
  const command = join(folder, 'lib', 'cli', 'bench.js')
  return spawnSync(process.execPath, ['-e', CALL, command, ...args], { encoding: 'utf8', cwd: folder })
}

function resultOf(file: string): BenchResult {
  return JSON.parse(readFileSync(file, 'utf8')) as BenchResult
}

function rowsOf({ questions }: BenchResult): Map<string, Row> {
  return new Map(questions.flatMap(({ rows }) => rows.map((row) => [row.id, row] as const)))
}

describe('rseq bench', () => {
  test('measures, and writes what it found', () => {
    const file = join(scratch, 'published.json')
    const { stdout, stderr, status: code } = bench(['--quick', '--only', 'published', '--json', file])
    const result = resultOf(file)
    expect(code).toBe(result.noise.quiet || result.machine.emulated ? 0 : NOISY)
    expect(result).toMatchObject({ schema: 1, quick: true })
    expect(result.machine).toMatchObject({
      arch: process.arch,
      kernel: status().kernel.release,
      node: process.versions.node,
      registration: status().registration,
      backend: status().backend,
      fastCalls: status().fastCalls,
    })
    expect(Math.abs(Date.now() - Date.parse(result.date))).toBeLessThan(120_000)
    expect(result.noise.spread).toBeGreaterThanOrEqual(0)
    expect(result.noise.quiet).toBe(result.noise.spread <= result.noise.limit)

    expect(result.questions.map(({ name }) => name)).toEqual(['published'])
    const rows = rowsOf(result)
    for (const row of rows.values()) {
      if (row.ns === null) {
        expect(row.unavailable).toMatch(/\w/)
        continue
      }
      const { low, median, high, samples } = row.ns
      expect(0 < low && low <= median && median <= high && high < 1e6, row.id).toBe(true)
      expect(samples).toBeGreaterThanOrEqual(5)
    }
    const median = (id: string): number => rows.get(id)?.ns?.median ?? Number.NaN
    expect(median('c-empty')).toBeLessThan(median('c-getcpu-atomic'))
    expect(rows.get('c-rseq-increment')?.published).toEqual({ x86_64: 2, arm32: 31.4 })

    for (const row of rows.values()) {
      expect(stdout).toContain(row.label)
      expect(stderr).toContain(`published: ${row.label}\n`)
    }
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(stdout).toMatch(result.noise.quiet ? /^Noise: /m : /^Too noisy to compare: /m)
    expect(stdout.includes('× rseq')).toBe(result.noise.quiet && !result.machine.emulated)
  })

  test('measures processes that count together, and what one reads of many', () => {
    const file = join(scratch, 'processes.json')
    const { status: code } = bench(['--quick', '--only', 'processes', '--only', 'scrape', '--json', file])
    expect([0, NOISY]).toContain(code)
    const rows = resultOf(file).questions.flatMap((question) => question.rows)
    expect(rows.filter(({ ns }) => ns === null)).toEqual([])
    const median = (id: string, at: Partial<Row>): number =>
      rows.find((row) => row.id === id && row.workers === at.workers && row.size === at.size)?.ns?.median ??
      Number.NaN
    for (const workers of [1, 2]) {
      for (const id of ['rseq-region', 'atomics-threads', 'prom-client']) {
        expect(median(id, { workers }), id).toBeLessThan(median('ipc', { workers }))
      }
    }
    const size = 1000
    expect(median('value-shared', { size })).toBeLessThan(median('value-cpus', { size }))
    expect(median('value-cpus', { size })).toBeLessThan(median('prom-cluster', { size }))
  })

  test('says what is missing where only the package is installed', () => {
    const folder = join(scratch, 'installed')
    for (const part of ['package.json', 'lib', 'build/Release']) {
      cpSync(join(root, part), join(folder, part), { recursive: true })
    }
    const file = join(scratch, 'installed.json')
    const { stdout, status: code } = bench(['--quick', '--only', 'getcpu', '--json', file], folder)
    expect([0, NOISY]).toContain(code)
    const result = resultOf(file)
    expect(result.commit).toBeNull()
    const rows = rowsOf(result)
    expect(rows.get('js-koffi')).toMatchObject({ ns: null, unavailable: 'npm install koffi' })
    expect(rows.get('c-rseq')).toMatchObject({
      ns: null,
      unavailable: expect.stringContaining('bench/native'),
    })
    expect(rows.get('js-cpu-id')?.ns?.median).toBeGreaterThan(0)
    expect(stdout).toContain('No JS: koffi sched_getcpu(): npm install koffi')
  })

  test.each([
    [['--nonsense'], "Unknown option '--nonsense'"],
    [['--only'], "Option '--only <value>' argument missing"],
    [
      ['--only', 'nonsense'],
      "--only: expected one of getcpu, counters, histogram, processes, published, scrape, received 'nonsense'",
    ],
    [['getcpu'], "Unexpected argument 'getcpu'"],
    [['--json', '/nonsense/a.json'], "--json: no folder for '/nonsense/a.json'"],
    [['--html', '/nonsense/a.html'], "--html: no folder for '/nonsense/a.html'"],
  ])('refuses %j', (args, message) => {
    expect(bench(args)).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^rseq: ${message}.*\\nTry 'rseq bench --help'\\.\\n$`)),
      status: USAGE,
    })
  })

  test('--help names every option', () => {
    const { stdout, status: code } = bench(['--help'])
    expect(code).toBe(0)
    for (const name of ['--only', '--quick', '--json', '--html', '--help']) expect(stdout).toContain(name)
  })
})

describe('statistics', () => {
  test('quantiles are interpolated, and samples need no order', () => {
    const samples = [5, 1, 4, 2, 3]
    expect([0, 0.1, 0.5, 0.9, 1].map((q) => quantile(samples, q))).toEqual([1, 1.4, 3, 4.6, 5])
    expect(samples).toEqual([5, 1, 4, 2, 3])
    expect(quantile([1, 2], 0.5)).toBe(1.5)
    expect(quantile([7], 0.9)).toBe(7)
    expect(() => quantile([], 0.5)).toThrow(RangeError)
  })

  test('a figure is the median between the 10th and the 90th percentile', () => {
    const samples = Array.from({ length: 101 }, (_, i) => 100 - i)
    expect(figureOf(samples)).toEqual({ median: 50, low: 10, high: 90, samples: 101 })
  })

  test('noise is the spread by the median, and has a limit', () => {
    const even = noiseOf([1, 1, 1, 1.01, 0.99])
    expect(even.quiet).toBe(true)
    expect(even.spread).toBeCloseTo(0.012, 3)
    expect(noiseOf([1, 1, 1, 1, 2, 2]).quiet).toBe(false)
    // One bad round of twenty is none.
    expect(noiseOf([...Array.from({ length: 19 }, () => 1), 50]).quiet).toBe(true)
    expect(noiseOf([1, 1.4], 0.5)).toMatchObject({ limit: 0.5, quiet: true })
  })
})

describe('a table', () => {
  const figure = (median: number): Figure => ({ median, low: median * 0.9, high: median * 1.1, samples: 9 })
  const plan: QuestionPlan = {
    name: 'counters',
    title: 'Counting',
    per: 'increment',
    reference: ['ours', 'ours-slow'],
    unit: 'inc()',
    notes: [],
    rows: () => [],
  }
  const scales = [1, 2, 4, 8, 16]
  const question: Question = {
    name: 'counters',
    title: 'Counting',
    per: 'increment',
    rows: [
      { id: 'floor', label: 'JS: empty loop', kind: 'floor', ns: figure(0.3) },
      ...scales.flatMap((workers): Row[] => [
        { id: 'ours', label: 'PerCpuCounter.inc()', kind: 'ours', workers, bytes: 24, ns: figure(2) },
        { id: 'other', label: 'prom-client child.inc()', kind: 'other', workers, ns: figure(1234) },
        {
          id: 'absent',
          label: 'OpenTelemetry add()',
          kind: 'other',
          workers,
          ns: null,
          unavailable: 'npm install it',
        },
      ]),
    ],
  }

  test('has a column per number of workers, and 80 columns', () => {
    const lines = tableOf(question, plan, true)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
    const text = lines.join('\n')
    expect(text).toMatch(/^workers: +1 +2 +4 +8 +16$/m)
    expect(text).toMatch(/^PerCpuCounter\.inc\(\)( +2\.00 ±10%){5}$/m)
    expect(text).toMatch(/^prom-client child\.inc\(\)( +617){5}$/m)
    expect(text).toContain('No OpenTelemetry add(): npm install it')
  })

  test('gives no ratios where they mean nothing', () => {
    const text = tableOf(question, plan, false).join('\n')
    expect(text).not.toContain('×')
    expect(text).not.toContain('617')
  })

  test('compares with the first reference that has a figure', () => {
    const rows: Row[] = [
      { id: 'ours', label: 'fast', kind: 'ours', ns: null, unavailable: 'off' },
      { id: 'ours-slow', label: 'slow', kind: 'ours', ns: figure(5) },
      { id: 'other', label: 'other', kind: 'other', ns: figure(10), published: { x86_64: 15.3, arm32: 344 } },
    ]
    const text = tableOf({ ...question, rows }, plan, true).join('\n')
    expect(text).toMatch(/^other +10\.0 +9\.00 – 11\.0 +2\.00 +15\.3 +344$/m)
    expect(text).toMatch(/^fast +– +–$/m)
  })
})

test.each([
  ['QEMU TCG CPU version 2.5+', '', true],
  ['AMD EPYC', 'TCGTCGTCGTCG', true],
  ['ARM implementer 0x00 part 0x051', '', true],
  ['AMD EPYC', 'KVMKVMKVM', false],
  ['ARM implementer 0x41 part 0xd0c', '', false],
])('%s under %j is emulated: %s', (cpu, hypervisor, emulated) => {
  expect(isEmulated(cpu, hypervisor)).toBe(emulated)
})
