// Where the long runs write down what they found: test/stress/results/RESULTS.md, a section for each of them. Git ignores it.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const folder = join(import.meta.dirname, 'results')
const file = join(folder, 'RESULTS.md')

const HEAD = `# Results

What the scripts in this folder found when they last ran in full. They write this file themselves, with \`--write\`; the
fast ones run in CI as well.
`

function commit() {
  const git = (...words) => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--', 'src', 'test') !== ''
  return git('rev-parse', '--short', 'HEAD') + (changed ? ', with changes' : '')
}

/** Sections by their titles. */
function sections() {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : HEAD
  const [, ...parts] = text.split(/^## /m)
  return new Map(
    parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1).trim()]),
  )
}

/** The lines that a run has in RESULTS.md from another time, without the head. */
export function sectionOf(title) {
  const [, ...lines] = (sections().get(title) ?? '').split(/^- /m)
  return lines.map((line) => line.trim())
}

/**
 * Prints the closing lines of a run; with `--write` among the arguments they take the place of its last ones in RESULTS.md.
 *
 * @param title what ran: its npm script, as `test:sanitize -- asan`
 * @param lines with counts, each a sentence or a row
 * @param kernel where it ran, if not here: a machine's
 */
export function report(title, lines, kernel = release()) {
  for (const line of lines) console.log(line)
  if (!process.argv.includes('--write')) return
  const date = new Date().toISOString().slice(0, 10)
  const here = kernel === release() ? `, Node ${process.versions.node}, ${process.arch}` : ''
  const head = `${date}, ${commit()}, Linux ${kernel}${here}`
  const all = sections().set(title, `${head}\n\n${lines.map((line) => `- ${line}`).join('\n')}`)
  const sorted = [...all].sort(([a], [b]) => (a < b ? -1 : 1))
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, [HEAD, ...sorted.map(([name, body]) => `## ${name}\n\n${body}\n`)].join('\n'))
}
