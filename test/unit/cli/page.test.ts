import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { BenchResult } from '../../../src/ts/cli/bench/result'
import { scratchFolder } from '../../support/command'
import { page as built } from '../../support/pages'
import { SAMPLES, sample } from '../../support/samples'

const scratch = scratchFolder()

async function pageOf(result: BenchResult): Promise<string> {
  const file = join(scratch, 'page.html')
  built.writePage(result, file)
  return readFileSync(file, 'utf8')
}

async function comparisonOf(a: BenchResult, b: BenchResult): Promise<string> {
  const file = join(scratch, 'comparison.html')
  built.writeComparison(a, b, ['a.json', 'b.json'], file)
  return readFileSync(file, 'utf8')
}

interface Chart {
  type: string
  title: string
  log: boolean
  highlight: boolean
  /** Bars or lines, in their order. */
  labels: string[]
  /** Of lines: how each looks. */
  looks: string[]
  figures: number
  densities: number
}

const FIGURE =
  /<figcaption>([^<]*?)( \(logarithmic scale\))?<\/figcaption>\n<div class="chart (bars|lines)( plain)?" role="img" aria-label="([^"]*)">(.*?)<\/figure>/gs

function partsOf(page: string): { body: string; charts: Chart[] } {
  const [, body = ''] = /<body>(.*)<\/body>/s.exec(page) ?? []
  const charts = [...body.matchAll(FIGURE)].map(
    ([, title = '', log, type = '', plain, name, inside = '']) => {
      expect(name).toBe(`${title}: a chart of the figures in the table below`)
      const keys = [...inside.matchAll(/<li class="line ([^"]*)"><i><\/i>([^<]*)<\/li>/g)]
      const bars = [...inside.matchAll(/<span class="label">([^<]*)<\/span>/g)]
      return {
        type,
        title: text(title),
        log: log !== undefined,
        highlight: plain === undefined,
        labels: (type === 'bars' ? bars.map(([, label]) => label) : keys.map(([, , label]) => label)).map(
          (label = '') => text(label),
        ),
        looks: keys.map(([, look = '']) => look),
        figures: inside.match(type === 'bars' ? /<rect x="0"/g : /<circle/g)?.length ?? 0,
        densities: inside.match(/<svg class="density"/g)?.length ?? 0,
      }
    },
  )
  return { body, charts }
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
      if (rows.every(({ ns }) => ns === null)) continue
      const section = new RegExp(`<section id="${id}">.*?</section>`, 's').exec(body)?.[0] ?? ''
      const words = text(section)
      expect(words).toContain(title)
      for (const row of rows) {
        expect(words).toContain(row.label)
        if (row.ns === null) expect(words).toContain(row.unavailable)
      }
    }
    const labels = new Set(charts.flatMap((chart) => chart.labels))
    const measured = result.questions.flatMap(({ rows }) => rows.filter(({ ns }) => ns !== null))
    expect(measured.filter(({ label }) => !labels.has(label))).toEqual([])
    expect(body.match(/<figure/g)).toHaveLength(charts.length)
    for (const { type, figures, labels: all } of charts) {
      if (type === 'bars') expect(figures).toBe(all.length)
      else expect(figures).toBeGreaterThanOrEqual(all.length)
    }
  })

  test('shows how the samples of every figure are distributed', async () => {
    const result = sample('x86_64')
    const { body, charts } = partsOf(await pageOf(result))
    for (const { type, figures, densities } of charts) if (type === 'bars') expect(densities).toBe(figures)
    expect(text(body)).toContain('Small pictures: how the samples are distributed')
    const { low = 0, high = 0 } =
      result.questions[0]?.rows.find(({ id }) => id === 'js-koffi')?.ns?.histogram ?? {}
    expect(body).toContain(`<title>1,500 samples; shown: ${low.toFixed(1)}–${high.toFixed(1)} ns</title>`)
    // One with two peaks, of which one is twice as high.
    const histogram = { low: 10, high: 20, counts: [2, 0, 0, 4] }
    const row = {
      id: 'x',
      label: 'x',
      kind: 'other',
      ns: { median: 18, low: 12, high: 19, samples: 6, histogram },
    } as const
    const questions = [{ name: 'getcpu', title: 'Two peaks', per: 'read', rows: [row] }] as const
    const twin = partsOf(await pageOf({ ...result, questions })).body
    expect(twin).toContain('<rect class="middle" x="20" y="0" width="70" height="20"/>')
    expect(twin).toContain('<path d="M0 20V10H25V20H50V20H75V0H100V20Z"/><line x1="80" x2="80"')
  })

  test('says nothing of distributions that an older result does not have', async () => {
    const older = JSON.parse(
      JSON.stringify(sample('x86_64'), (key, value) => (key === 'histogram' ? undefined : value)),
    ) as BenchResult
    const { body, charts } = partsOf(await pageOf(older))
    expect(charts.length).toBeGreaterThan(3)
    expect(body).not.toMatch(/class="density"|distributed/)
  })

  test('has no empty section, column or legend, and no false sentence, without the loops in C', async () => {
    const result = sample('no-loops')
    const { body, charts } = partsOf(await pageOf(result))
    for (const { labels, figures } of charts) {
      expect(labels.length).toBeGreaterThan(0)
      expect(figures).toBeGreaterThan(0)
    }
    const sections = [...body.matchAll(/<section id="([a-z]+)">(.*?)<\/section>/gs)]
    expect(sections.map(([, id]) => id)).toEqual([
      'getcpu',
      'counters',
      'histogram',
      'pool',
      'ring',
      'processes',
      'scrape',
    ])
    for (const [, , section] of sections) expect(section).toContain('<figure')
    expect(body).not.toMatch(/<tbody><\/tbody>|<ul[^>]*><\/ul>|swatch c"|Published/)
    const words = text(body).replace(/\s+/g, ' ')
    expect(words).toContain(
      'Counting in C: getcpu and an atomic add, or rseq? : in a checkout: build the loops',
    )
    // The floor's bar is above it.
    expect(words).not.toContain('Nothing measured here is faster')
    expect(words).toContain(
      'Faster than JS: cpuId(), the view (0.41 ns) is only what does nothing: JS: empty loop (0.27 ns).',
    )
  })

  test('lists its machine, and every median with its spread', async () => {
    const result = sample('x86_64')
    const words = text(partsOf(await pageOf(result)).body)
    const { cpu, kernel, libc, node, v8 } = result.machine
    for (const fact of [cpu, kernel, libc, node, v8, result.version, '2026-01-01 12:00 UTC', '2.1%']) {
      expect(words).toContain(fact)
    }
    expect(words).toMatch(/Interruptions\s+not looked for/)
    const interruptions = {
      calls: 1200,
      unseen: 0,
      kept: 0,
      discarded: { moved: 1, preempted: 20, other: 3 },
    }
    expect(text(partsOf(await pageOf({ ...result, interruptions })).body)).toContain(
      '24 of 1,200 samples thrown away (moved 1, preempted 20, other 3)',
    )
    const row = result.questions[0]?.rows.find(({ id }) => id === 'js-koffi')
    expect(words).toContain(`${row?.ns?.median.toFixed(1)} ns`)
    expect(words).toContain(`${row?.ns?.low.toFixed(1)}–${row?.ns?.high.toFixed(1)} ns`)
  })

  test('draws bars from zero, or from a power of ten where they differ by more than 100 times', async () => {
    const { charts } = partsOf(await pageOf(sample('x86_64')))
    const bars = charts.filter(({ type }) => type === 'bars')
    expect(bars.map(({ log }) => log)).toEqual([true, true, true, true, true, true, false, false])
    const lines = charts.filter(({ type }) => type === 'lines')
    expect(lines.map(({ title }) => title)).toEqual([
      'Counting in worker threads by workers',
      'Recording in a histogram by workers',
      'A slot from a pool, and back by workers',
      'Counting in several processes by workers',
      'Reading all counters by size',
    ])
    expect(lines[0]?.figures).toBe(5 * (lines[0]?.labels.length ?? 0))
  })

  test('puts rows that are faster than its own above them, and names them', async () => {
    const { body, charts } = partsOf(await pageOf(sample('x86_64')))
    const labels = charts.find(({ title }) => title.includes('1 worker'))?.labels ?? []
    expect(labels.indexOf('plain += per worker')).toBeLessThan(labels.indexOf('PerCpuCounter.inc()'))
    expect(text(body)).toMatch(
      /Faster than PerCpuBatch, 1024 a call \(.* ns\): JS: empty loop \(.* ns\); plain \+= per worker \(.* ns\)\./,
    )
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
    expect(charts[0]?.labels).toEqual(rows)
  })

  test('highlights nothing of an emulated machine', async () => {
    const { body, charts } = partsOf(await pageOf(sample('arm64-emulated')))
    expect(charts.map(({ highlight }) => highlight)).not.toContain(true)
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
    for (const { type, figures, labels } of charts)
      if (type === 'bars') expect(figures).toBeGreaterThan(labels.length)
    expect(body).toContain('slower')
    expect(body).toContain('aarch64 has no such call')
    // The same variant looks the same in both.
    const [a, b] = charts.filter(({ title }) => title.startsWith('Counting in worker threads by workers –'))
    expect(b?.labels.length).toBeGreaterThan(5)
    for (const [at, label] of b?.labels.entries() ?? [])
      expect(b?.looks[at]).toBe(a?.looks[a.labels.indexOf(label)])
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
      expect(page).not.toContain('<script')
      expect(page.match(/<style>/g)).toHaveLength(1)
      expect(page).not.toContain('<!--')
      const { body, charts } = partsOf(page)
      expect(charts[0]?.labels[0]).toBe(poison)
      expect(text(body)).toContain(poison)
      for (const tag of ['<script', '<img', '<svg onload', '<b onm']) expect(body).not.toContain(tag)
      // Attributes are ours, in double quotes.
      const bare = body.replace(/"[^"]*"/g, '""')
      for (const [tag] of bare.matchAll(/<[a-z][^>]*>/g)) {
        expect(tag).toMatch(/^<[a-z][a-z0-9]*( [a-zA-Z0-9-]+="")*\/?>$/)
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
    const { body } = partsOf(page)
    expect(body).not.toMatch(/\s(src|href|srcset|action|poster|style|on\w+)=/)
    expect(page).not.toContain('<script')
    // And none of it would be let through.
    const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? []
    expect(text(policy)).toMatch(/^default-src 'none'; img-src data:; style-src 'sha256-[^']+'; /)
  })

  test('is small enough to send', async () => {
    expect((await pageOf(sample('x86_64'))).length).toBeLessThan(250_000)
  })
})
