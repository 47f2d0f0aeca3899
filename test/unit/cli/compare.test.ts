import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import type { BenchResult, Row } from '../../../src/ts/cli/bench/result'
import type { Figure } from '../../../src/ts/cli/kit/limits'
import { command, plain, rseq, USAGE } from '../../support/command'
import { Scratch } from '../../support/pages'
import { sample } from '../../support/samples'

const samples = new Scratch()
afterAll(() => samples.remove())
const scratch = samples.folder
const samplePath = samples.path.bind(samples)

const compare = (args: string[]) => rseq(['compare', ...args])

/** The command's output on a terminal of so many columns. */
function onTerminal(columns: number, args: string[]): string[] {
  const terminal = join(scratch, 'terminal.cjs')
  writeFileSync(terminal, `process.stdout.isTTY = true; process.stdout.columns = ${columns}`)
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--require', terminal, command, 'compare', ...args],
    { encoding: 'utf8', env: plain },
  )
  expect(stderr).toBe('')
  return stripVTControlCharacters(stdout).split('\n')
}

function write(name: string, content: unknown): string {
  const file = join(scratch, name)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

const figure = (median: number, low = median, high = median): Figure => ({ median, low, high, samples: 9 })
const row = (id: string, ns: Figure | null, more: Partial<Row> = {}): Row => ({
  id,
  label: `row ${id}`,
  kind: 'other',
  ns,
  ...more,
})
const withRows = (rows: readonly Row[], from = sample('x86_64')): BenchResult => ({
  ...from,
  questions: [{ name: 'counters', title: 'Counting', per: 'increment', rows }],
})

function compared(a: BenchResult, b: BenchResult): string {
  const { stdout, stderr, status } = compare([write('a.json', a), write('b.json', b)])
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout
}

describe('rseq compare', () => {
  test('shows two machines and every row of both', () => {
    const { stdout, stderr, status } = compare([samplePath('x86_64'), samplePath('arm64')])
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(
      stdout.startsWith(`A  ${samplePath('x86_64')}\n   Sample x86-64 server CPU, x64, 2 CPUs, Linux 6.18.5`),
    ).toBe(true)
    expect(stdout).toContain(
      `\nB  ${samplePath('arm64')}\n   Sample arm64 server CPU, arm64, 4 CPUs, Linux 6.12.43`,
    )
    // Long labels are in lines of their own, beside figures.
    const unwrapped = stdout.replaceAll(/^(.{0,35}?) {2,}.*$/gm, '$1').replaceAll(/\s/g, '')
    for (const { title, rows } of sample('x86_64').questions) {
      expect(stdout).toContain(title)
      for (const { label } of rows) expect(unwrapped).toContain(label.replaceAll(' ', ''))
    }
    expect(stdout).toMatch(/^C: getcpu system call +11\d ns +– +– +–$/m)
    expect(stdout).toContain('No C: getcpu system call in B: aarch64 has no such call')
    expect(stdout).toMatch(
      /JS: cpuId\(\), the view +0\.\d\d ns +0\.\d\d ns +1\.\d\d× +1\.\d\d–1\.\d\d {2}slower/,
    )
    expect(stdout).not.toContain('\u001b')
  })

  test('gives the ratio of the medians, and the widest that the spreads allow', () => {
    const a = withRows([row('x', figure(10, 8, 12))])
    expect(compared(a, withRows([row('x', figure(20, 18, 24))]))).toMatch(/2\.00× +1\.50–3\.00 {2}slower/)
    expect(compared(a, withRows([row('x', figure(5, 4, 6))]))).toMatch(/0\.50× +0\.33–0\.75 {2}faster/)
  })

  test('marks a difference within the spreads as none', () => {
    const a = withRows([row('x', figure(10, 8, 12))])
    const stdout = compared(a, withRows([row('x', figure(13, 11.9, 14))]))
    expect(stdout).toMatch(/1\.30× +0\.99–1\.75 {2}=$/m)
    expect(stdout).not.toMatch(/slower|faster/)
  })

  test('matches rows by id, workers and size, whatever their order and label', () => {
    const a = withRows([
      row('x', figure(1), { workers: 1 }),
      row('x', figure(2), { workers: 2 }),
      row('y', figure(3), { size: 1000 }),
    ])
    const b = withRows([
      row('y', figure(9), { size: 1000, label: 'renamed' }),
      row('x', figure(8), { workers: 2 }),
      row('x', figure(1), { workers: 1 }),
    ])
    const stdout = compared(a, b)
    expect(stdout).toMatch(/1 worker\nrow x +1\.00 ns +1\.00 ns +1\.00×/)
    expect(stdout).toMatch(/2 workers\nrow x +2\.00 ns +8\.00 ns +4\.00×/)
    expect(stdout).toMatch(/1,000 counters\nrow y +3\.00 ns +9\.00 ns +3\.00×/)
  })

  test('lists rows and questions that only one of them has', () => {
    const a = withRows([row('x', figure(1)), row('gone', figure(2))])
    const b = withRows([row('x', figure(1)), row('new', null, { unavailable: 'no such thing' })])
    const stdout = compared(a, b)
    expect(stdout).toMatch(/^row gone +2\.00 ns +– +– +–$/m)
    expect(stdout).toContain('No row gone in B: not in this run')
    expect(stdout).toContain('No row new in A: not in this run')
    expect(stdout).toContain('No row new in B: no such thing')
    const other: BenchResult = {
      ...b,
      questions: [{ name: 'scrape', title: 'Reading', per: 'scrape', rows: [row('z', figure(3))] }],
    }
    expect(compared(a, other)).toMatch(/^row z +– +3\.00 ns/m)
  })

  test.each([
    ['arm64-emulated', 'No ratios: B ran on an emulated machine.'],
    ['noisy', 'No ratios: B ran on a machine that was too noisy.'],
  ] as const)('withholds ratios of %s', (name, reason) => {
    const { stdout, status } = compare([samplePath('x86_64'), samplePath(name)])
    expect(status).toBe(0)
    expect(stdout).toContain(reason)
    expect(stdout).not.toMatch(/×|faster|slower|B\/A/)
    expect(compare([samplePath(name), samplePath('x86_64')]).stdout).toContain(
      reason.replace('B ran', 'A ran'),
    )
  })

  test.each([40, 50, 60, 72, 80, 100])('fits %i columns', (columns) => {
    for (const name of ['arm64', 'noisy'] as const) {
      const lines = onTerminal(columns, [samplePath('x86_64'), samplePath(name)])
      for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns)
      // Nothing is cut off.
      expect(lines.join('\n')).not.toContain('…')
    }
  })

  test('has figures and ratios below the names on a narrow terminal', () => {
    const text = onTerminal(40, [samplePath('x86_64'), samplePath('arm64')]).join('\n')
    expect(text).toMatch(
      /^JS: cpuId\(\), the view\n +0\.\d\d ns +0\.\d\d ns +1\.\d\d× {2}slower\n +1\.\d\d–1\.\d\d$/m,
    )
  })

  test('has no table of what neither measured', () => {
    const { stdout, status } = compare([samplePath('no-loops'), samplePath('no-loops')])
    expect(status).toBe(0)
    expect(stdout).toContain('Counting in C: getcpu and an atomic add, or rseq?: not measured\n')
    expect(stdout).not.toMatch(/^.* +– +–/m)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('C: rdpid in B: in a checkout: build the loops')
  })

  test('fits 80 columns in a file', () => {
    const { stdout } = compare([samplePath('x86_64'), samplePath('arm64')])
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
  })

  test('lets no text of a file change the terminal', () => {
    const a = withRows([row('x', figure(1), { label: 'red \u001b[31m\u0007\u009b2J' })])
    const stdout = compared(a, a)
    expect(stdout).toContain('red')
    expect([...stdout].filter((c) => c !== '\n' && /\p{Cc}/u.test(c))).toEqual([])
  })

  test('shows names of files as text, whatever they have', () => {
    const hostile = write('red \u001b[31m\u202e<b>.json', sample('x86_64'))
    const file = join(scratch, 'hostile.html')
    const { stdout, status } = compare([hostile, samplePath('arm64'), '--html', file])
    expect(status).toBe(0)
    expect(stdout).toContain('red ␛[31m\ufffd<b>.json')
    expect(readFileSync(file, 'utf8')).toContain('red ␛[31m\ufffd&lt;b&gt;.json')
  })

  test('writes a page', () => {
    const file = join(scratch, 'two.html')
    const { stdout, stderr, status } = compare([samplePath('x86_64'), samplePath('arm64'), '--html', file])
    expect([stderr, status]).toEqual(['', 0])
    expect(stdout).toContain('B/A')
    const page = readFileSync(file, 'utf8')
    expect(page).toContain('<h1>rseq compare</h1>')
    expect(page).toContain(`<b>A</b> <b>${samplePath('x86_64')}</b><br>Sample x86-64`)
    expect(page).toContain(`<b>B</b> <b>${samplePath('arm64')}</b><br>Sample arm64`)
  })
})

describe('rseq compare refuses', () => {
  /** Its one line on the standard error. */
  function refused(args: string[]): string {
    const { stdout, stderr, status } = compare(args)
    expect(status).toBe(USAGE)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^rseq: [^\n]+\n$/)
    return stderr.slice('rseq: '.length, -1)
  }

  test('a file that is not there, or a folder', () => {
    const missing = join(scratch, 'missing.json')
    expect(refused([missing, samplePath('x86_64')])).toBe(`${missing}: no such file or directory`)
    expect(refused([samplePath('x86_64'), scratch])).toMatch(/: expected a file, received a directory$/)
  })

  test.each<[string, unknown, string]>([
    ['text', 'hello', 'not JSON'],
    ['nothing', '', 'not JSON'],
    ['null', 'null', "not a result of 'rseq bench' or 'rseq noise': no schema"],
    ['a list', [], "not a result of 'rseq bench' or 'rseq noise': no schema"],
    ['something else', { a: 1 }, "not a result of 'rseq bench' or 'rseq noise': no schema"],
    ['another schema', { schema: 2 }, 'expected schema 1, received 2'],
    ['too little', { schema: 1 }, 'machine: expected an object, received nothing'],
  ])('%s', (name, content, reason) => {
    const file = write(`${name.replaceAll(' ', '-')}.json`, content)
    expect(refused([samplePath('x86_64'), file])).toBe(`${file}: ${reason}`)
  })

  test.each<[string, (result: BenchResult) => unknown, string]>([
    [
      'machine',
      (r) => ({ ...r, machine: { ...r.machine, cpus: 'two' } }),
      'machine.cpus: expected a number, received "two"',
    ],
    [
      'question',
      (r) => ({ ...r, questions: [{ ...r.questions[0], name: 'x' }] }),
      'questions[0].name: expected getcpu, counters, histogram, pool, ring, processes, published, scrape, received "x"',
    ],
    [
      'row',
      () => withRows([{ ...row('x', figure(1)), kind: 'best' as never }]),
      'questions[0].rows[0].kind: expected floor, c, ours, other, received "best"',
    ],
    [
      'figure',
      () => withRows([row('x', { median: null, low: 1, high: 1, samples: 1 } as never)]),
      'questions[0].rows[0].ns.median: expected a number, received null',
    ],
    [
      'missing part',
      ({ noise: { spread: _, ...noise }, ...r }) => ({ ...r, noise }),
      'noise.spread: expected a number, received nothing',
    ],
    [
      'missing choice',
      () => withRows([{ ...row('x', figure(1)), kind: undefined as never }]),
      'questions[0].rows[0].kind: expected floor, c, ours, other, received nothing',
    ],
    ['list', (r) => ({ ...r, questions: {} }), 'questions: expected a list, received {}'],
    ['commit', (r) => ({ ...r, commit: 1 }), 'commit: expected a string, received 1'],
    [
      'histogram',
      () => withRows([row('x', { ...figure(1), histogram: { low: 1, high: 2, counts: ['1'] } } as never)]),
      'questions[0].rows[0].ns.histogram.counts[0]: expected a number, received "1"',
    ],
    [
      'time',
      () => withRows([row('x', figure(-1))]),
      'questions[0].rows[0].ns.median: expected a number, 0 to 100000000000000, received -1',
    ],
  ])('a wrong %s', (name, change, reason) => {
    const file = write(`wrong-${name}.json`, change(sample('x86_64')))
    expect(refused([file, samplePath('arm64')])).toBe(`${file}: ${reason}`)
  })

  test('a page that cannot be written, after the table', () => {
    const file = join(scratch, 'too-large.html')
    // No file may have even one byte.
    const limited = ['-c', 'ulimit -f 0 && exec "$@"', 'sh', process.execPath, command, 'compare']
    const { stdout, stderr, status } = spawnSync(
      'sh',
      [...limited, samplePath('x86_64'), samplePath('arm64'), '--html', file],
      { encoding: 'utf8', env: plain },
    )
    expect(status).toBe(1)
    expect(stdout).toContain('B/A')
    expect(stderr).toBe(`rseq: ${file}: file too large\n`)
  })

  test('a page in a folder that is not there, before anything else', () => {
    const file = join(scratch, 'no', 'such', 'page.html')
    expect(refused([samplePath('x86_64'), samplePath('arm64'), '--html', file])).toBe(
      `--html: expected a file in a folder that is there, received '${file}'`,
    )
    expect(existsSync(file)).toBe(false)
  })
})
