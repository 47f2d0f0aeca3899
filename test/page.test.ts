import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BenchResult } from '../src/ts/cli/bench/result'
import { type Bundle, bundle, SAMPLES, sample } from './bundle'

let built: Bundle
beforeAll(async () => {
  built = await bundle()
})
afterAll(() => built?.remove())

async function pageOf(result: BenchResult): Promise<string> {
  const file = join(built.folder, 'page.html')
  await built.page.writePage(result, file)
  return readFileSync(file, 'utf8')
}

async function comparisonOf(a: BenchResult, b: BenchResult): Promise<string> {
  const file = join(built.folder, 'comparison.html')
  await built.page.writeComparison(a, b, file)
  return readFileSync(file, 'utf8')
}

interface Chart {
  type: string
  title: string
  log: boolean
  bars?: { label: string; kind: string; runs: unknown[] }[]
  lines?: { label: string; slot: number; points: unknown[] }[]
}

function partsOf(page: string): { body: string; script: string; charts: Chart[] } {
  const [, body = '', json = '', script = ''] =
    /<body>(.*)<script type="application\/json" id="charts">(.*?)<\/script>\n<script>(.*?)<\/script>/s.exec(
      page,
    ) ?? []
  return { body, script, charts: JSON.parse(json) as Chart[] }
}

function text(html: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  return html.replace(/<[^>]*>/g, ' ').replace(/&([a-z]+|#39);/g, (all, name) => entities[name] ?? all)
}

/** A result whose every text is replaced. */
function poisoned(result: BenchResult, poison: string): BenchResult {
  const kept = ['kind', 'name', 'date']
  const replace = (key: string, value: unknown): unknown =>
    typeof value === 'string' && !kept.includes(key) ? poison : value
  return JSON.parse(JSON.stringify(result, replace)) as BenchResult
}

describe('a page', () => {
  test.each(SAMPLES)('of %s has every question and every row', async (name) => {
    const result = sample(name)
    const { body, charts } = partsOf(await pageOf(result))
    for (const { name: id, title, rows } of result.questions) {
      const section = new RegExp(`<section id="${id}">.*?</section>`, 's').exec(body)?.[0] ?? ''
      const words = text(section)
      expect(words).toContain(title)
      for (const row of rows) {
        expect(words).toContain(row.label)
        if (row.ns === null) expect(words).toContain(row.unavailable)
      }
    }
    const drawn = charts.flatMap((chart) => [...(chart.bars ?? []), ...(chart.lines ?? [])])
    const labels = new Set(drawn.map(({ label }) => label))
    const measured = result.questions.flatMap(({ rows }) => rows.filter(({ ns }) => ns !== null))
    expect(measured.filter(({ label }) => !labels.has(label))).toEqual([])
    expect(body.match(/<canvas/g)).toHaveLength(charts.length)
    for (const chart of charts) {
      expect(body).toContain(
        `aria-label="${chart.title.replace(/&/g, '&amp;')}: a chart of the figures in the table below"`,
      )
    }
  })

  test('lists its machine, and every median with its spread', async () => {
    const result = sample('x86_64')
    const words = text(partsOf(await pageOf(result)).body)
    const { cpu, kernel, libc, node, v8 } = result.machine
    for (const fact of [cpu, kernel, libc, node, v8, result.version, '2026-01-01 12:00 UTC', '2.1%']) {
      expect(words).toContain(fact)
    }
    const row = result.questions[0]?.rows.find(({ id }) => id === 'js-koffi')
    expect(words).toContain(`${row?.ns?.median.toFixed(1)} ns`)
    expect(words).toContain(`${row?.ns?.low.toFixed(1)}–${row?.ns?.high.toFixed(1)} ns`)
  })

  test('draws bars from zero, or from a power of ten where they differ by more than 100 times', async () => {
    const { charts } = partsOf(await pageOf(sample('x86_64')))
    const bars = charts.filter(({ type }) => type === 'bars')
    expect(bars.map(({ log }) => log)).toEqual([true, false, false, true, false])
    const lines = charts.filter(({ type }) => type === 'lines')
    expect(lines.map(({ title }) => title)).toEqual([
      'Counting in worker threads by workers',
      'Recording in a histogram by workers',
      'Counting in several processes by workers',
      'Reading all counters by size',
    ])
    expect(lines[0]?.lines?.every(({ points }) => points.length === 5)).toBe(true)
  })

  test('puts rows that are faster than its own above them, and names them', async () => {
    const { body, charts } = partsOf(await pageOf(sample('x86_64')))
    const labels =
      charts.find(({ title }) => title.includes('1 worker'))?.bars?.map(({ label }) => label) ?? []
    expect(labels.indexOf('plain += per worker')).toBeLessThan(labels.indexOf('PerCpuCounter.inc()'))
    expect(text(body)).toMatch(/Faster than addMany, 64 counters \(.* ns\): plain \+= per worker \(.* ns\)\./)
  })

  test('opens with ratios', async () => {
    const { body } = partsOf(await pageOf(sample('x86_64')))
    expect(body.match(/<strong>\d+\.\d× as fast<\/strong>/g)).toHaveLength(5)
    expect(body).not.toContain('class="banner"')
  })

  test('says so where it lost', async () => {
    const result = sample('x86_64')
    const slow = JSON.parse(
      JSON.stringify(result, (key, value) =>
        key === 'ns' && value?.median < 1 ? { ...value, median: 3.6 } : value,
      ),
    ) as BenchResult
    expect(partsOf(await pageOf(slow)).body).toMatch(/<strong>\d\.\d× as slow<\/strong>/)
  })

  test.each([
    ['noisy', 'Noisy machine'],
    ['arm64-emulated', 'Emulated machine'],
  ] as const)('of %s has a banner and no ratios', async (name, banner) => {
    const result = sample(name)
    const { body, charts } = partsOf(await pageOf(result))
    expect(text(body)).toContain(banner)
    expect(body).not.toMatch(/×|faster/i)
    // Not ranked: rows stand in the order of the result.
    const rows = result.questions[0]?.rows.filter(({ ns }) => ns !== null).map(({ label }) => label)
    expect(charts[0]?.bars?.map(({ label }) => label)).toEqual(rows)
  })

  test('highlights nothing of an emulated machine', async () => {
    const { body, charts } = partsOf(await pageOf(sample('arm64-emulated')))
    expect(charts.map((chart) => (chart as unknown as { highlight: boolean }).highlight)).not.toContain(true)
    expect(body).toContain('<main class="plain">')
    expect(body).not.toContain('swatch')
  })

  test('survives questions without rows, and rows without figures', async () => {
    const result = sample('x86_64')
    const questions = result.questions.map((question, index) => ({
      ...question,
      rows: index === 0 ? [] : question.rows.map((row) => ({ ...row, ns: null, unavailable: 'not today' })),
    }))
    const { body, charts } = partsOf(await pageOf({ ...result, questions }))
    expect(charts).toEqual([])
    expect(body).toContain('not today')
  })
})

describe('a page of two runs', () => {
  test('has both charts and ratios', async () => {
    const { body, charts } = partsOf(await comparisonOf(sample('x86_64'), sample('arm64')))
    expect(
      charts
        .filter(({ type }) => type === 'bars')
        .every(({ bars }) => bars?.every(({ runs }) => runs.length === 2)),
    ).toBe(true)
    expect(body).toContain('slower')
    expect(body).toContain('aarch64 has no rdpid')
    // The same variant looks the same in both.
    const [a, b] = charts.filter(({ title }) => title.startsWith('Counting in worker threads by workers –'))
    for (const { label, slot } of b?.lines ?? []) {
      expect(a?.lines?.find((line) => line.label === label)?.slot).toBe(slot)
    }
  })

  test.each(['arm64-emulated', 'noisy'] as const)('has no ratios with %s', async (name) => {
    const { body } = partsOf(await comparisonOf(sample('x86_64'), sample(name)))
    expect(body).toContain('class="banner"')
    expect(body).not.toMatch(/×|faster|slower|B \/ A/)
  })
})

describe('any page', () => {
  const poisons = [
    '</script><script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '"><b onmouseover=alert(1)>',
    "' autofocus onfocus=alert(1) '",
    '<!-- <script>',
    '</title></style></textarea><svg onload=alert(1)>',
    '\u2028`&lt;',
  ]

  test.each(poisons)('shows %j as text', async (poison) => {
    const result = poisoned(sample('x86_64'), poison)
    for (const page of [await pageOf(result), await comparisonOf(result, result)]) {
      expect(page.match(/<script/g)).toHaveLength(2)
      expect(page.match(/<\/script/g)).toHaveLength(2)
      expect(page.match(/<style>/g)).toHaveLength(1)
      expect(page).not.toContain('<!--')
      const { body, charts } = partsOf(page)
      expect(charts[0]?.bars?.[0]?.label).toBe(poison)
      expect(text(body)).toContain(poison)
      const tags = [...new Set(body.match(/<[a-z][^\s>]*/g))]
      for (const tag of ['<script', '<img', '<svg', '<b onm']) expect(tags).not.toContain(tag)
      // Attributes are ours, in double quotes.
      const bare = body.replace(/"[^"]*"/g, '""')
      for (const [tag] of bare.matchAll(/<[a-z][^>]*>/g)) {
        expect(tag).toMatch(/^<[a-z][a-z0-9]*( [a-z-]+="")*>$/)
      }
    }
  })

  test.each<[string, () => Promise<string>]>([
    ['of one run', () => pageOf(sample('x86_64'))],
    ['of two runs', () => comparisonOf(sample('x86_64'), sample('arm64'))],
  ])('%s needs nothing from anywhere', async (_, make) => {
    const page = await make()
    expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org\/)/)
    expect(page).not.toMatch(/@import|url\(|@font-face|<iframe|<link(?! rel="icon" href="data:,")/)
    const { body, script } = partsOf(page)
    expect(body).not.toMatch(/\s(src|href|srcset|action|poster|style|on\w+)=/)
    expect(script).not.toMatch(
      /\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|eval)\s*\(/,
    )
    expect(script).not.toMatch(/\bimport\s*\(|new Function\b|\bnew Image\b/)
    // And none of it would be let through.
    const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? []
    expect(text(policy)).toMatch(
      /^default-src 'none'; img-src data:; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; /,
    )
  })

  test('has a script that parses, with the licences of what it contains', async () => {
    const { script } = partsOf(await pageOf(sample('x86_64')))
    expect(() => new Script(script)).not.toThrow()
    expect(script).toMatch(/chart\.js 4\.\d+\.\d+ \(MIT\)/)
    expect(script).toContain('Permission is hereby granted')
    expect(script).toMatch(/@kurkle\/color \d/)
  })

  test('is small enough to send', async () => {
    expect((await pageOf(sample('x86_64'))).length).toBeLessThan(400_000)
  })
})
