import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status } from 'rseq'
import { afterAll, expect, test } from 'vitest'
import { root } from '../../support/world'

const scratch = mkdtempSync(join(tmpdir(), 'rseq-suite-'))
const [A, B] = ['a.json', 'b.json'].map((name) => join(scratch, name)) as [string, string]

afterAll(() => rmSync(scratch, { recursive: true }))

function suite(...args: string[]) {
  return spawnSync(process.execPath, [join(root, 'bench', 'suite.mjs'), ...args], { encoding: 'utf8' })
}

/** On every machine: a result of x86-64 is compared with one of arm64 by them. */
const NAMES = [
  'empty loop',
  'getcpu(), system call',
  'schedGetcpu(), libc',
  'cpuId()',
  'mmCid()',
  'plain number',
  'object counter',
  'PerCpuCounter.inc()',
  'PerCpuCounter.add(n)',
  'PerCpuCounter.inc(), others busy',
  'Atomics.add, one cell',
  'Atomics.add, one cell, others busy',
]

interface Result {
  readonly machine: Record<string, unknown>
  readonly rows: { name: string; hz: number; rme: number; samples: number }[]
}
const read = (): Result => JSON.parse(readFileSync(A, 'utf8')) as Result

test('measures every row, loses no operation, and writes a result', () => {
  const run = suite('--seconds', '0.01', '--json', A)
  expect(run).toMatchObject({ status: 0, stderr: '' })
  const lines = run.stdout.trimEnd().split('\n').slice(2)
  const { machine, rows } = read()
  expect(rows.map(({ name }) => name)).toEqual(NAMES)
  expect(lines).toHaveLength(NAMES.length)
  for (const [i, { name, hz, rme, samples }] of rows.entries()) {
    expect(lines[i]?.startsWith(name)).toBe(true)
    if (hz === undefined) expect(name, 'only mm_cid may be missing').toBe('mmCid()')
    else {
      expect(lines[i]).toMatch(/ [\d,]+ +±[\d.]+% +[\d.]+ ns {2}\(\d+ samples/)
      expect([hz > 0, rme >= 0, samples >= 5]).toEqual([true, true, true])
    }
  }
  expect(machine).toMatchObject({
    arch: process.arch,
    node: process.version,
    kernel: status().kernel.release,
    rseq: expect.stringContaining(status().registration),
  })
})

test('shows two results side by side, with their ratio, and rows that one of them lacks', () => {
  const { machine, rows } = read()
  const others = rows.filter(({ name }) => name !== 'cpuId()').map((row) => ({ ...row, hz: row.hz * 2 }))
  writeFileSync(B, JSON.stringify({ suite: 1, machine: { ...machine, arch: 'other' }, rows: others }))
  const { status: code, stdout } = suite(A, B)
  expect(code).toBe(0)
  expect(stdout).toMatch(/^A: .*\nB: other, /)
  expect(stdout).toMatch(/^empty loop .* 2\.00$/m)
  expect(stdout).toMatch(/^cpuId\(\) .* – +–$/m)
  for (const name of NAMES) expect(stdout).toContain(`\n${name} `)
})

test('says how it is used', () => {
  expect(suite('--help')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Usage: /), stderr: '' })
})

const forged = join(scratch, 'forged.json')
writeFileSync(forged, JSON.stringify({ suite: 1, machine: {}, rows: [] }))
const escaping = join(scratch, 'escaping.json')
const [arch, cpu, kernel, node, rseq] = ['\x1b[2J', '', '', '', '']
writeFileSync(
  escaping,
  JSON.stringify({ suite: 1, machine: { arch, cpu, cpus: 1, kernel, node, rseq }, rows: [] }),
)

test.each([
  ['an unknown option', ['--nothing']],
  ['one file', [forged]],
  ['three files', [forged, forged, forged]],
  ['no such file', [join(scratch, 'none'), forged]],
  ['no JSON', [import.meta.filename, forged]],
  ['no result', [forged, forged]],
  ['control characters', [escaping, escaping]],
  ['no time', ['--seconds', '0']],
  ['no number', ['--seconds', 'ten']],
  ['nowhere to write', ['--json', join(scratch, 'none', 'a.json')]],
  ['--json with two files', ['--json', join(scratch, 'c.json'), forged, forged]],
])('%s: one line, and exit code 2', (_, args) => {
  const { status: code, stdout, stderr } = suite(...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^suite: [^\n]+\n$/)
})
