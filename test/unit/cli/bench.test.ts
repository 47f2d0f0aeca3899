import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { status } from 'rseq'
import { beforeAll, describe, expect, test } from 'vitest'
import { together } from '../../../src/ts/cli/bench/interruptions'
import type { QuestionPlan } from '../../../src/ts/cli/bench/plan'
import type { BenchResult, Question, Row } from '../../../src/ts/cli/bench/result'
import { tableOf } from '../../../src/ts/cli/bench/table'
import type { Figure } from '../../../src/ts/cli/kit/limits'
import { isEmulated } from '../../../src/ts/cli/kit/machine'
import { installed, rseq, scratchFolder } from '../../support/command'
import { root } from '../../support/world'

const addon = join(root, 'bench', 'native', 'build', 'Release', 'rseq_bench.node')
const scratch = scratchFolder()
const NOISY = 4

beforeAll(() => {
  if (existsSync(addon)) return
  const args = ['scripts/node-gyp.mjs', 'rebuild', '--directory', 'bench/native']
  expect(spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status).toBe(0)
})

function bench(args: string[], folder = root) {
  return rseq(['bench', ...args], { folder, cwd: folder, env: process.env })
}

function resultOf(file: string): BenchResult {
  return JSON.parse(readFileSync(file, 'utf8')) as BenchResult
}

function rowsOf({ questions }: BenchResult): Map<string, Row> {
  return new Map(questions.flatMap(({ rows }) => rows.map((row) => [row.id, row] as const)))
}

/** Every row has one. */
function expectFigures({ questions }: BenchResult): void {
  for (const { id, ns } of questions.flatMap(({ rows }) => rows)) expect(ns?.median, id).toBeGreaterThan(0)
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
      const { low: from = 0, high: to = 0, counts = [] } = row.ns.histogram ?? {}
      expect(from <= low && high <= to).toBe(true)
      const counted = counts.reduce((sum, count) => sum + count, 0)
      expect(counted).toBeLessThanOrEqual(samples)
      expect(counted).toBeGreaterThanOrEqual(0.9 * samples - 2)
    }
    expect(rows.get('c-rseq-increment')?.published).toEqual({ x86_64: 2, arm32: 31.4 })

    for (const row of rows.values()) expect(stdout).toContain(row.label)
    // Without a terminal, a line for each question.
    expect(stderr).toBe('published: Counting in C: getcpu and an atomic add, or rseq? …\n')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(stdout).toMatch(result.noise.quiet ? /^Noise: /m : /^Too noisy to compare: /m)
    // The row with several threads is not watched; whatever the others did not keep, they say.
    const { calls = 0, unseen, discarded } = result.interruptions ?? {}
    const watched = [...rows.values()].filter(({ interruptions }) => interruptions !== undefined)
    expect(watched.map(({ id }) => id)).not.toContain('c-atomic-shared')
    expect(together(watched.map(({ interruptions }) => interruptions ?? null))).toEqual(result.interruptions)
    expect(unseen).toBe(0)
    const lost = Object.values(discarded ?? {}).reduce((sum, count) => sum + count, 0)
    const kept = watched.reduce((sum, { ns }) => sum + (ns?.samples ?? 0), 0)
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThanOrEqual(calls - lost)
    const line = `Interruptions: ${lost} of ${calls.toLocaleString('en-US')} samples thrown away (moved `
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(line)

    expect(stdout.includes('× rseq')).toBe(result.noise.quiet && !result.machine.emulated)
  })

  test('measures processes that count together, and what one reads of many', () => {
    const file = join(scratch, 'processes.json')
    const { status: code } = bench(['--quick', '--only', 'processes', '--only', 'scrape', '--json', file])
    expect([0, NOISY]).toContain(code)
    expectFigures(resultOf(file))
  })

  test('measures slots and events, and what they are held to has figures', () => {
    const file = join(scratch, 'structures.json')
    const { status: code } = bench(['--quick', '--only', 'pool', '--only', 'ring', '--json', file])
    expect([0, NOISY]).toContain(code)
    expectFigures(resultOf(file))
    const limits = spawnSync(process.execPath, [join(root, 'bench', 'structures.mjs'), '--json', file], {
      encoding: 'utf8',
    })
    const { figures } = JSON.parse(limits.stdout) as { figures: { name: string; figure: number | null }[] }
    expect(figures).toHaveLength(12)
    // Not how fast: that is a machine's affair.
    for (const { name, figure } of figures) expect(figure, name).toEqual(expect.any(Number))
  })

  test('says what is missing where only the package is installed', () => {
    const folder = installed(join(scratch, 'installed'), 'build/Release')
    const file = join(scratch, 'installed.json')
    const page = join(scratch, 'installed.html')
    const asked = ['--only', 'getcpu', '--only', 'published']
    const run = bench(['--quick', ...asked, '--json', file, '--html', page], folder)
    const { stdout, stderr } = run
    expect([0, NOISY]).toContain(run.status)
    expect(stderr.match(/^[a-z]+(?=:)/gm)).toEqual(['getcpu', 'published'])
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
    // No table, no row and no note about what was not measured.
    expect(stdout).toContain('Counting in C: getcpu and an atomic add, or rseq?: not measured\n')
    expect(stdout).not.toMatch(/^.* – *$|x86-64|Xeon E5/m)
    expect(stdout).toMatch(/^JS: cpuId\(\), the view +\d/m)
    const html = readFileSync(page, 'utf8')
    expect(html).not.toMatch(/<section id="published"|swatch c"|Nothing measured here/)
    expect(html).toContain('<h2>Not measured</h2>')
  })

  test('throws nothing away where interruptions cannot be seen, and says so', () => {
    const folder = installed(join(scratch, 'portable'))
    const file = join(scratch, 'portable.json')
    const { stdout, status: code } = bench(['--quick', '--only', 'getcpu', '--json', file], folder)
    expect([0, NOISY]).toContain(code)
    const { machine, interruptions, ...result } = resultOf(file)
    expect(machine.backend).toBe('portable')
    expect(interruptions?.calls).toBeGreaterThan(0)
    expect(interruptions).toEqual({
      calls: interruptions?.calls,
      unseen: interruptions?.calls,
      kept: 0,
      discarded: { moved: 0, preempted: 0, other: 0 },
    })
    expect(result.questions[0]?.rows.some(({ ns }) => ns !== null)).toBe(true)
    expect(stdout).toContain('\nInterruptions: could not be seen, no sample thrown away.')
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

  test('is not there where nothing was measured, nor are notes about rows that were not', () => {
    const notes = ['Always.', { about: ['absent'], text: 'About it.' }, { about: ['other'], text: 'Other.' }]
    const some = tableOf(question, { ...plan, notes }, true).join('\n')
    expect(some).toContain('Always.\nOther.')
    expect(some).not.toMatch(/About it|^OpenTelemetry/m)
    const rows = question.rows.filter(({ ns }) => ns === null)
    expect(tableOf({ ...question, rows }, { ...plan, notes }, true)).toEqual([
      'Counting: not measured',
      'No OpenTelemetry add(): npm install it',
    ])
  })

  test('compares with the first reference that has a figure', () => {
    const rows: Row[] = [
      { id: 'ours', label: 'fast', kind: 'ours', ns: null, unavailable: 'off' },
      { id: 'ours-slow', label: 'slow', kind: 'ours', ns: figure(5) },
      { id: 'other', label: 'other', kind: 'other', ns: figure(10), published: { x86_64: 15.3, arm32: 344 } },
    ]
    const text = tableOf({ ...question, rows }, plan, true).join('\n')
    expect(text).toMatch(/^other +10\.0 +9\.00 – 11\.0 +2\.00 +15\.3 +344$/m)
    expect(text).not.toMatch(/^fast/m)
    expect(text).toContain('No fast: off')
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
