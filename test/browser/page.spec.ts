import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bundle, bundle, SAMPLES, sample } from '../bundle'

const chromium = process.env.CHROMIUM ?? 'chromium'
let built: Bundle
beforeAll(async () => {
  built = await bundle()
})
afterAll(() => built?.remove())

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

/** How much of each canvas has a colour, whether any text is wider than the page, and the page's colour. */
const PROBE = `
for (const canvas of document.querySelectorAll('canvas')) {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  let painted = 0
  const colours = new Set()
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 0) continue
    painted++
    if (data[i + 3] === 255) colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2])
  }
  canvas.dataset.painted = painted / (canvas.width * canvas.height)
  canvas.dataset.colours = [...colours].map((colour) => '#' + colour.toString(16).padStart(6, '0')).join(' ')
  canvas.dataset.wide = canvas.getBoundingClientRect().width > document.documentElement.clientWidth
}
document.body.dataset.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth
document.body.dataset.paper = getComputedStyle(document.body).backgroundColor
`

/** The page with the probe in it, which the page's own policy would not let run. */
function probed(file: string): string {
  const page = readFileSync(file, 'utf8')
  const copy = join(built.folder, 'probed.html')
  const open = page.replace(/script-src .*?; style-src/, "script-src 'unsafe-inline'; style-src")
  expect(open).not.toBe(page)
  writeFileSync(
    copy,
    open.replace('</body>', () => `<script>${PROBE}</script></body>`),
  )
  return copy
}

interface Canvas {
  drawn?: string
  painted?: string
  colours?: string
  wide?: string
}

function canvasesOf(dom: string): Canvas[] {
  return [...dom.matchAll(/<canvas[^>]*>/g)].map(([tag]) =>
    Object.fromEntries([...tag.matchAll(/data-([a-z]+)="([^"]*)"/g)].map(([, name, value]) => [name, value])),
  )
}

interface Chart {
  highlight: boolean
  bars?: { runs: unknown[] }[]
  lines?: { points: unknown[] }[]
}

/** How many figures each chart has to show. */
function figuresIn(page: string): number[] {
  const [, json = '[]'] = /id="charts">(.*?)<\/script>/s.exec(page) ?? []
  return (JSON.parse(json) as Chart[]).map(({ bars = [], lines = [] }) => {
    const all = [...bars.flatMap(({ runs }) => runs), ...lines.flatMap(({ points }) => points)]
    return all.filter((figure) => figure !== null).length
  })
}

const LOOKS: Look[] = [
  { width: 1280, dark: false },
  { width: 1280, dark: true },
  { width: 400, dark: false },
  { width: 400, dark: true },
]
/** Of style.css. */
const OURS = { light: '#0a6ebd', dark: '#4aa8f0' }
const PAPER = { light: 'rgb(255, 255, 255)', dark: 'rgb(18, 23, 29)' }

async function check(file: string, look: Look): Promise<Canvas[]> {
  const page = readFileSync(file, 'utf8')
  const expected = figuresIn(page)
  expect(expected.length).toBeGreaterThan(3)
  const [asItIs, open] = await Promise.all([show(file, look), show(probed(file), look)])
  // Its script runs under its own policy.
  expect(asItIs.said).toEqual([])
  expect(canvasesOf(asItIs.dom).map(({ drawn }) => Number(drawn))).toEqual(expected)
  const canvases = canvasesOf(open.dom)
  for (const { painted, wide } of canvases) {
    expect(Number(painted)).toBeGreaterThan(0.005)
    expect(wide).toBe('false')
  }
  expect(open.dom).toContain('data-overflow="0"')
  expect(open.dom).toContain(`data-paper="${PAPER[look.dark ? 'dark' : 'light']}"`)
  return canvases
}

describe.each(LOOKS)('at $width pixels, dark: $dark', (look) => {
  test.each(SAMPLES)('the page of %s shows every figure of every chart', async (name) => {
    const file = join(built.folder, `${name}.html`)
    await built.page.writePage(sample(name), file)
    const canvases = await check(file, look)
    const ours = canvases.some(({ colours }) => colours?.includes(OURS[look.dark ? 'dark' : 'light']))
    expect(ours).toBe(name !== 'arm64-emulated')
  })

  test('the page of two runs does too', async () => {
    const file = join(built.folder, 'two.html')
    await built.page.writeComparison(sample('x86_64'), sample('arm64'), file)
    await check(file, look)
  })
})

test('text of a result runs no script', async () => {
  const attack =
    '</script><script>document.title = "taken"</script><img src="x" onerror="document.title = 1">'
  const result = JSON.parse(
    JSON.stringify(sample('x86_64'), (key, value) => (key === 'label' || key === 'title' ? attack : value)),
  )
  const file = join(built.folder, 'attack.html')
  await built.page.writePage(result, file)
  const { dom, said } = await show(probed(file), { width: 1280, dark: false })
  expect(said).toEqual([])
  expect(dom).toMatch(/<title>rseq bench: Sample/)
  expect(dom).not.toContain('<img')
})
