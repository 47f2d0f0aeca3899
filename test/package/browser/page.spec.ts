import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { page as built, Scratch } from '../../support/pages'
import { SAMPLES, sample } from '../../support/samples'
import { root } from '../../support/world'

const chromium = process.env.CHROMIUM ?? 'chromium'
const scratch = new Scratch()
afterAll(() => scratch.remove())

interface Look {
  width: number
  dark: boolean
}

/** Blink's names for the schemes. */
const DARK = 0
const LIGHT = 1

/** The document as the browser has it in the end, and what its console said. No name resolves. */
async function show(file: string, { width, dark }: Look): Promise<{ dom: string; said: string[] }> {
  const profile = mkdtempSync(join(tmpdir(), 'rseq-chromium-'))
  const options = [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', `--user-data-dir=${profile}`],
    ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ...['--host-resolver-rules=MAP * ~NOTFOUND', '--enable-logging=stderr', '--virtual-time-budget=5000'],
    ...[`--blink-settings=preferredColorScheme=${dark ? DARK : LIGHT}`, `--window-size=${width},900`],
  ]
  try {
    const { stdout, stderr } = await promisify(execFile)(
      chromium,
      [...options, '--dump-dom', pathToFileURL(file).href],
      { maxBuffer: 64 * 1024 * 1024 },
    )
    return { dom: stdout, said: stderr.split('\n').filter((line) => line.includes(':CONSOLE')) }
  } finally {
    rmSync(profile, { recursive: true, maxRetries: 5, retryDelay: 200 })
  }
}

/**
 * Of each chart: what of it has no size or stands outside of the page, which colours its bars and lines have, and how
 * many pictures of distributions it shows. Of the page: whether anything is wider, and its colour.
 */
const PROBE = `
const wide = document.documentElement.clientWidth
const hex = (colour) => '#' + colour.match(/\\d+/g).slice(0, 3).map((n) => Number(n).toString(16).padStart(2, '0')).join('')
for (const chart of document.querySelectorAll('.chart')) {
  const marks = [...chart.querySelectorAll('.bar > rect, circle, .density path')]
  const boxes = [...marks, ...chart.querySelectorAll('text, .label, .figures')].filter((mark) => mark.checkVisibility())
  chart.dataset.marks = marks.filter((mark) => mark.getBoundingClientRect().height > 0).length
  chart.dataset.densities = chart.querySelectorAll('.density').length
  chart.dataset.outside = boxes.filter((mark) => {
    const { left, right } = mark.getBoundingClientRect()
    return left < 0 || right > wide + 0.5
  }).length
  chart.dataset.colours = [...new Set(marks.map((mark) => hex(getComputedStyle(mark).fill)))].join(' ')
}
for (const lane of document.querySelectorAll('.lane:not(.axis)')) {
  const boxes = [...lane.querySelectorAll('path')].map((path) => path.getBoundingClientRect())
  const bars = boxes.filter(({ height }) => height > 0)
  lane.dataset.top = Math.round(Math.min(...bars.map(({ top }) => top)))
  lane.dataset.bottom = Math.round(Math.max(...bars.map(({ bottom }) => bottom)))
  lane.dataset.marks = bars.length
}
document.body.dataset.overflow = document.documentElement.scrollWidth - wide
document.body.dataset.paper = getComputedStyle(document.body).backgroundColor
`

/** The page with the probe in it, which the page's own policy would not let run. */
function probed(file: string, { width, dark }: Look): string {
  const page = readFileSync(file, 'utf8')
  const copy = `${file}.${width}.${dark ? 'dark' : 'light'}.html`
  const open = page.replace('; style-src', "; script-src 'unsafe-inline'; style-src")
  expect(open).not.toBe(page)
  writeFileSync(
    copy,
    open.replace('</body>', () => `<script>${PROBE}</script></body>`),
  )
  return copy
}

interface Chart {
  marks?: string
  densities?: string
  outside?: string
  colours?: string
}

function chartsOf(dom: string): Chart[] {
  return [...dom.matchAll(/<div class="chart [^>]*>/g)].map(([tag]) =>
    Object.fromEntries([...tag.matchAll(/data-([a-z]+)="([^"]*)"/g)].map(([, name, value]) => [name, value])),
  )
}

/** How many figures, and pictures of distributions, each chart has to show. */
function marksIn(page: string): number[] {
  return [...page.matchAll(/<div class="chart .*?<\/figure>/gs)].map(
    ([chart]) => chart.match(/<rect x="0"|<circle|<svg class="density"/g)?.length ?? 0,
  )
}

const LOOKS: Look[] = [
  { width: 1280, dark: false },
  { width: 1280, dark: true },
  { width: 400, dark: false },
  { width: 400, dark: true },
]
/** Of page.css. */
const OURS = { light: '#0a6ebd', dark: '#4aa8f0' }
const PAPER = { light: 'rgb(255, 255, 255)', dark: 'rgb(18, 23, 29)' }

/** The page's styles apply under its own policy, and nothing of it is refused. */
async function checkPolicy(file: string): Promise<void> {
  expect((await show(file, LOOKS[0] as Look)).said).toEqual([])
}

async function check(file: string, look: Look): Promise<Chart[]> {
  const expected = marksIn(readFileSync(file, 'utf8'))
  expect(expected.length).toBeGreaterThan(3)
  const open = await show(probed(file, look), look)
  const charts = chartsOf(open.dom)
  expect(charts.map(({ marks }) => Number(marks))).toEqual(expected)
  expect(charts.map(({ outside }) => outside)).toEqual(expected.map(() => '0'))
  expect(charts.some(({ densities }) => Number(densities) > 3)).toBe(true)
  expect(open.dom).toContain('data-overflow="0"')
  expect(open.dom).toContain(`data-paper="${PAPER[look.dark ? 'dark' : 'light']}"`)
  return charts
}

/** A page of each kind: of one run, of two, and of what takes the CPU. */
const KINDS = ['x86_64', 'two', 'noise']
const fileOf = (name: string) => join(scratch.folder, `${name}.html`)
const noiseResult = join(scratch.folder, 'noise.json')

beforeAll(async () => {
  for (const name of SAMPLES) await built.writePage(sample(name), fileOf(name))
  await built.writeComparison(sample('x86_64'), sample('arm64'), ['a.json', 'b.json'], fileOf('two'))
  const command = [join(root, 'lib', 'cli', 'rseq.js'), 'noise', '--seconds', '1']
  await promisify(execFile)(process.execPath, [...command, '--json', noiseResult, '--html', fileOf('noise')])
})

test.concurrent.each(KINDS)('the page of %s obeys its own policy', (name) => checkPolicy(fileOf(name)))

describe.concurrent.each(LOOKS)('at $width pixels, dark: $dark', (look) => {
  // Wide and light, or narrow and dark, is enough of a look at the others.
  const samples = SAMPLES.filter((name) => name === 'x86_64' || look.dark === look.width < 1000)
  test.each(samples)('the page of %s shows every figure of every chart', async (name) => {
    const charts = await check(fileOf(name), look)
    const ours = charts.some(({ colours }) => colours?.includes(OURS[look.dark ? 'dark' : 'light']))
    expect(ours).toBe(name !== 'arm64-emulated')
  })

  test('the page of two runs does too', () => check(fileOf('two'), look))

  test('rseq noise has lanes beside each other, and nothing that is wider than the page', async () => {
    const { cpus } = JSON.parse(readFileSync(noiseResult, 'utf8')) as { cpus: unknown[] }
    const open = await show(probed(fileOf('noise'), look), look)
    expect(open.dom).toContain('data-overflow="0"')
    expect(open.dom).toContain(`data-paper="${PAPER[look.dark ? 'dark' : 'light']}"`)
    const lanes = [
      ...open.dom.matchAll(/<div class="lane" data-top="(\d+)" data-bottom="(\d+)" data-marks="(\d+)">/g),
    ]
    expect(lanes).toHaveLength(cpus.length)
    let before = 0
    for (const [, top, bottom, marks] of lanes) {
      expect(Number(top)).toBeGreaterThanOrEqual(before)
      expect(Number(bottom)).toBeGreaterThan(Number(top))
      expect(Number(marks)).toBeGreaterThan(0)
      before = Number(bottom)
    }
  })
})

test('text of a result runs no script', async () => {
  const attack =
    '</script><script>document.title = "taken"</script><img src="x" onerror="document.title = 1">'
  const result = JSON.parse(
    JSON.stringify(sample('x86_64'), (key, value) => (key === 'label' || key === 'title' ? attack : value)),
  )
  const file = join(scratch.folder, 'attack.html')
  await built.writePage(result, file)
  const { dom, said } = await show(probed(file, LOOKS[0] as Look), LOOKS[0] as Look)
  expect(said).toEqual([])
  expect(dom).toMatch(/<title>rseq bench: Sample/)
  expect(dom).not.toContain('<img')
})
