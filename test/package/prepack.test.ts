import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { root } from '../support/world'

const folder = mkdtempSync(join(tmpdir(), 'rseq-prepack-'))
afterAll(() => rmSync(folder, { recursive: true }))

const { scripts, files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
  files: string[]
}
const manifest = { name: 'packed', version: '1.0.0', files, scripts: { prepack: scripts.prepack } }
writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
cpSync(join(root, 'scripts', 'prepack.mjs'), join(folder, 'scripts', 'prepack.mjs'))

function pack(): { status: number | null; stdout: string; stderr: string } {
  const args = ['pack', '--silent', '--dry-run']
  return spawnSync('npm', args, { cwd: folder, encoding: 'utf8' })
}

function make(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), '')
  }
}

test('packing refuses where something was not built, and says what builds it', () => {
  const nothing = pack()
  expect(nothing.status).not.toBe(0)
  expect(nothing.stderr).toContain('run "npm run build". Missing: lib/index.js')
  expect(nothing.stderr).toContain('run "npm run build:prebuilds". Missing: prebuilds/linux-x64/rseq.node')
  expect(scripts).toHaveProperty('build:prebuilds')

  make('lib/index.js', 'lib/index.mjs', 'lib/cli/rseq.js')
  const addons = ['rseq', ...[115, 127, 137, 147].map((abi) => `rseq_fast.abi${abi}`)]
  const paths = ['x64', 'arm64'].flatMap((arch) =>
    addons.map((name) => `prebuilds/linux-${arch}/${name}.node`),
  )
  const last = paths.pop() as string
  make(...paths)
  const almost = pack()
  expect(almost.status).not.toBe(0)
  expect(almost.stderr).toContain(`Missing: ${last}\n`)
  expect(almost.stderr).not.toContain('npm run build"')

  make(last)
  expect(pack()).toMatchObject({ status: 0, stderr: '' })
})

test('no script runs another by its name alone: npm takes preX and postX for parts of X', () => {
  for (const name of Object.keys(scripts)) {
    const [, other] = /^(?:pre|post)(.+)$/.exec(name) ?? []
    if (other !== undefined) expect(scripts).not.toHaveProperty(other)
  }
})
