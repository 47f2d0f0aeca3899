// npm run test:package -- forms [--no-build] [WORD…]: a table of what comes of each form of import with each compiler, bundler and
// test runner, from the packed tarball. WORDs choose tools by how their names begin. Ends with one line of totals.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mustRun } from '../../support/runner.mjs'
import { bundlers } from './bundlers.mjs'
import { compilers } from './compilers.mjs'
import { expected, grouped } from './expected.mjs'
import { clean, formsOf, prepare } from './form.mjs'
import { runners } from './runners.mjs'

const { values, positionals } = parseArgs({
  options: { 'no-build': { type: 'boolean' } },
  allowPositionals: true,
})

/** @returns the path of the package; RSEQ_TARBALL names one that is there already */
function packed(scratch) {
  if (process.env.RSEQ_TARBALL !== undefined) return process.env.RSEQ_TARBALL
  mustRun('npm', ['pack', '--silent', '--ignore-scripts=false', '--pack-destination', scratch])
  return join(scratch, readdirSync(scratch)[0])
}

if (!values['no-build']) {
  mustRun('npm', ['run', '--silent', 'build'])
  mustRun('npm', ['run', '--silent', 'build:prebuilds'])
  for (const cwd of [join(import.meta.dirname, '..'), import.meta.dirname]) {
    mustRun(
      'npm',
      ['install', '--silent', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'],
      { cwd },
    )
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'rseq-pack-'))
prepare(packed(scratch))
rmSync(scratch, { recursive: true })

let passed = 0
let failed = 0

/** A line for what forms of an entry have in common. */
function row(tool, entry, forms, what, want) {
  if (what === want) passed += forms.length
  else failed += forms.length
  const mark = what === want ? ' ' : '✗'
  console.log(`${mark} ${tool.padEnd(40)} ${entry.padEnd(19)} ${forms.join(' ').padEnd(42)} ${what}`)
}

console.log(`  ${'TOOL'.padEnd(40)} ${'ENTRY'.padEnd(19)} ${'FORMS'.padEnd(42)} WHAT CAME OF IT`)
const wanted = ({ name }) => positionals.length === 0 || positionals.some((word) => name.startsWith(word))
for (const tool of [...compilers, ...bundlers, ...runners].filter(wanted)) {
  if (
    positionals.length > 0 &&
    !positionals.some((word) => tool.name.toLowerCase().includes(word.toLowerCase()))
  )
    continue
  const want = expected(tool)
  try {
    const { forms, stderr } = formsOf(tool)
    for (const [key, same] of grouped(forms, stderr)) {
      const [entry, what] = key.split(' → ')
      row(
        tool.name,
        entry,
        same.map(({ form }) => form),
        what,
        want,
      )
    }
  } catch (error) {
    row(tool.name, 'all', ['all'], error.message, want)
  }
}

clean()
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
