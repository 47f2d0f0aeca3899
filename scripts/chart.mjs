// node scripts/chart.mjs: docs/reference/costs-{light,dark}.svg, the README's picture, from the result of
// bench/service/run.mjs that is kept in bench/results. test/unit/cli/chart.test.ts holds them against it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
export const RESULT = 'bench/results/service-x64-epyc-linux6.18-node20.json'

const THEMES = {
  light: { text: '#1f2328', faint: '#59636e', ours: '#0969da', theirs: '#afb8c1' },
  dark: { text: '#f0f6fc', faint: '#9198a1', ours: '#4493f8', theirs: '#656c76' },
}
const WIDTH = 720
const LABEL = 130
const BAR = 18
const GROUP = 78
const TOP = 16
/** Room for a value behind the longest bar. */
const BARS = WIDTH - LABEL - 110

/** What is shown of a result, in the order in which it is. */
function panels({ cost: { rows, workers, series } }) {
  const row = (what) => {
    const found = rows.find((one) => one.what === what)
    if (found === undefined) throw new Error(`${RESULT}: no row '${what}'`)
    return found
  }
  const inc = row('child.inc()')
  const observe = row('child.observe(x)')
  const scrape = row('scrape, asked of a worker')
  const rest = row('at rest, asked of a worker')
  const size = `${series.toLocaleString('en-US')} series in each of ${workers} processes`
  return [
    {
      title: 'An increment: child.inc()',
      unit: 'ns',
      digits: 1,
      ours: inc.ours.median,
      theirs: inc.theirs.median,
    },
    {
      title: 'A sample: child.observe(x)',
      unit: 'ns',
      digits: 1,
      ours: observe.ours.median,
      theirs: observe.theirs.median,
    },
    {
      title: `A scrape of ${size}`,
      unit: 'ms',
      digits: 2,
      ours: scrape.ours.median,
      theirs: scrape.theirs.median,
    },
    {
      title: 'The same: for how long it keeps all workers busy',
      ...{ unit: 'ms', digits: 2, ours: rest.ours.together, theirs: rest.theirs.together },
    },
  ]
}

function bar(y, label, value, longest, { unit, digits }, colour, theme) {
  const width = Math.max(1, (value / longest) * BARS)
  const text = `${value.toFixed(digits)} ${unit}`
  return `<text x="${LABEL - 8}" y="${y + 13}" text-anchor="end" fill="${theme.text}">${label}</text>
<rect x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2" fill="${colour}"/>
<text x="${(LABEL + width + 6).toFixed(1)}" y="${y + 13}" fill="${theme.faint}">${text}</text>`
}

/** @returns the picture's text */
export function chart(result, name) {
  const theme = THEMES[name]
  const all = panels(result)
  const parts = all.map((panel, i) => {
    const { title, ours, theirs } = panel
    const y = TOP + i * GROUP
    const longest = Math.max(ours, theirs)
    const times = (theirs / ours).toFixed(theirs / ours < 10 ? 1 : 0)
    return `<text x="0" y="${y}" font-weight="600" fill="${theme.text}">${title}</text>
<text x="${WIDTH}" y="${y}" text-anchor="end" font-weight="600" fill="${theme.ours}">${times} ×</text>
${bar(y + 9, 'rseq/prom-client', ours, longest, panel, theme.ours, theme)}
${bar(y + 31, 'prom-client', theirs, longest, panel, theme.theirs, theme)}`
  })
  const height = TOP + all.length * GROUP - 18
  const label = all.map(
    ({ title, ours, theirs, unit, digits }) =>
      `${title}: ${ours.toFixed(digits)} ${unit} against ${theirs.toFixed(digits)} ${unit}`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${label.join('; ')}" font-family="ui-sans-serif, system-ui, sans-serif" font-size="13">
${parts.join('\n')}
</svg>
`
}

export const files = Object.keys(THEMES).map((name) => ({ name, path: `docs/reference/costs-${name}.svg` }))

if (process.argv[1] === import.meta.filename) {
  const result = JSON.parse(readFileSync(join(root, RESULT), 'utf8'))
  for (const { name, path } of files) writeFileSync(join(root, path), chart(result, name))
}
