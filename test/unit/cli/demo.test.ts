import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { status } from 'rseq'
import { describe, expect, test } from 'vitest'
import { command, heard, installed, plain, rseq, scratchFolder } from '../../support/command'
import { built, root } from '../../support/world'

const scratch = scratchFolder()

function demo(args: string[], folder = root, prefix: string[] = [], more: NodeJS.ProcessEnv = {}) {
  return rseq(['demo', ...args], { folder, prefix, env: { ...plain, ...more } })
}

/** The demo's first table: cells by their name, and the verdict. */
function cellsOf(output: string): { cells: Record<string, number>; sum: string; verdict: string } {
  const rows = [...output.matchAll(/^│ (\S.*?) +│ +([\d,]+) │ +(.*?) │$/gm)].map((row) => row.slice(1))
  const numbers = rows.map(([name = '', n = '']) => [name, Number(n.replaceAll(',', ''))] as const)
  const { sum: _, ...cells } = Object.fromEntries(numbers)
  const [, sum = '', verdict = ''] = rows.find(([name]) => name === 'sum') ?? []
  return { cells, sum, verdict }
}

function total(cells: Record<string, number>): number {
  return Object.values(cells).reduce((a, b) => a + b, 0)
}

function started(increments: string) {
  const args = [command, 'demo', '--workers', '2', '--increments', increments]
  return spawn(process.execPath, args, { env: plain })
}

describe('rseq demo', () => {
  test('counts exactly, and compares', () => {
    const { stdout, stderr, status: code } = demo(['--workers', '4', '--increments', '300000'])
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toContain('4 workers × 300,000 increments')
    const { backend, registration } = status()
    expect(stdout).toContain(`backend: ${backend}, registration: ${registration}\n`)
    const { cells, sum, verdict } = cellsOf(stdout)
    expect(total(cells)).toBe(1_200_000)
    expect([sum, verdict]).toEqual(['1,200,000', 'exact'])
    expect(cells.overflow).toBeLessThan(1_200_000)
    expect(stdout).toMatch(/│ PerCpuCounter +│ exact │ +\d+\.\d\d │/)
    expect(stdout).toMatch(/│ shared Atomics\.add +│ exact │ +\d+\.\d\d │/)
    expect(stdout).toMatch(/PerCpuCounter is \d+\.\d times as (fast|slow)\./)
    expect(stdout).not.toContain('\u001b')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('counts 8 × 5 million by default', () => {
    const { stdout, status: code } = demo([])
    expect(code).toBe(0)
    expect(cellsOf(stdout)).toMatchObject({ sum: '40,000,000', verdict: 'exact' })
  })

  test.each([
    [1, 1],
    [3, 65_536],
    [2, 65_537],
    [40, 100],
  ])('counts %i × %i', (workers, increments) => {
    const { stdout, status: code } = demo([`--workers=${workers}`, `--increments=${increments}`])
    expect(code).toBe(0)
    const { cells, verdict } = cellsOf(stdout)
    expect([total(cells), verdict]).toEqual([workers * increments, 'exact'])
  })

  test('counts into the overflow cell where rseq is denied', () => {
    const { stdout, status: code } = demo(
      ['--workers', '2', '--increments', '10000'],
      root,
      [join(built, 'deny'), 'EPERM'],
      { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' },
    )
    expect(code).toBe(0)
    expect(stdout).toContain('backend: atomic, registration: none\n')
    expect(cellsOf(stdout)).toMatchObject({ cells: { overflow: 20_000 }, verdict: 'exact' })
  })

  test('runs without the addon', () => {
    const args = ['--workers', '2', '--increments', '10000']
    const { stdout, stderr, status: code } = demo(args, installed(join(scratch, 'portable')))
    expect([stderr, code]).toEqual(['', 0])
    expect(stdout).toContain('backend: portable, registration: none\n')
    expect(cellsOf(stdout)).toMatchObject({ cells: { overflow: 20_000 }, verdict: 'exact' })
  })

  test('fails, with the difference, where increments are lost', () => {
    const folder = installed(join(scratch, 'losing'))
    writeFileSync(
      join(folder, 'lib', 'index.js'),
      `const real = require(${JSON.stringify(join(root, 'lib', 'index.js'))})
      class PerCpuCounter extends real.PerCpuCounter {
        perCpu() { const cells = super.perCpu(); cells[cells.length - 1] -= 3n; return cells }
        static named(name) { return PerCpuCounter.from(super.named(name).handle) }
        static from(handle) { return Object.setPrototypeOf(super.from(handle), PerCpuCounter.prototype) }
      }
      module.exports = { ...real, PerCpuCounter }`,
    )
    const { stdout, status: code } = demo(['--workers', '2', '--increments', '1000'], folder)
    expect(code).toBe(1)
    expect(cellsOf(stdout)).toMatchObject({ sum: '1,997', verdict: 'off by -3' })
    expect(stdout).toMatch(/│ shared Atomics\.add +│ +exact │/)
  })

  test('ends with one line where a worker fails', () => {
    const folder = installed(join(scratch, 'failing'))
    writeFileSync(
      join(folder, 'lib', 'index.js'),
      `const real = require(${JSON.stringify(join(root, 'lib', 'index.js'))})
      const { isMainThread, workerData } = require('node:worker_threads')
      if (!isMainThread && workerData.worker === 2) throw new Error('no luck')
      module.exports = real`,
    )
    const { stderr, status: code } = demo(['--workers', '4', '--increments', '1000'], folder)
    expect([stderr, code]).toEqual(['rseq: no luck\n', 1])
  })

  const number = (text: string, most: number) => `expected a whole number, 1 to ${most}, received '${text}'`
  test.each([
    [['--workers', '0'], `--workers: ${number('0', 256)}`],
    [['--workers', '-3'], `--workers: ${number('-3', 256)}`],
    [['--workers', '1.5'], `--workers: ${number('1.5', 256)}`],
    [['--workers', '257'], `--workers: ${number('257', 256)}`],
    [['--workers', 'two'], `--workers: ${number('two', 256)}`],
    [['--workers'], '--workers: expected a whole number, 1 to 256, received nothing'],
    [['--increments='], `--increments: ${number('', 4294967295)}`],
    [['--increments', '1e6'], `--increments: ${number('1e6', 4294967295)}`],
    [['--increments', '4294967296'], `--increments: ${number('4294967296', 4294967295)}`],
    [
      ['--workers', '2', '--increments', '4294967295'],
      'expected at most 4294967295 increments in all (the shared cell has 32 bits), received 2 × 4294967295',
    ],
  ])('refuses %j', (args, message) => {
    expect(demo(args)).toMatchObject({
      stdout: '',
      stderr: `rseq: ${message}\n`,
      status: 2,
    })
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it with %i', async (signal, expected) => {
    const child = started('2000000000')
    const errors = heard(child.stderr)
    child.stdout.once('data', () => setTimeout(() => child.kill(signal), 1000))
    const [code] = await once(child, 'close')
    expect([errors(), code]).toEqual(['', expected])
  })

  test('a reader that leaves is no error', async () => {
    const child = started('100000')
    const errors = heard(child.stderr)
    child.stdout.once('data', () => child.stdout.destroy())
    const [code] = await once(child, 'close')
    expect(errors()).toBe('')
    expect([0, 141]).toContain(code)
  })
})
