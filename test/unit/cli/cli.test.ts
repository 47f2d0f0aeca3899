import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { status } from 'rseq'
import { describe, expect, test } from 'vitest'
import { command, heard, plain, rseq, USAGE } from '../../support/command'
import { terminals } from '../../support/terminals'
import { built, root } from '../../support/world'

const folder = join(root, 'lib', 'cli')
const INACTIVE = 3
const QUESTIONS = 'getcpu, counters, histogram, pool, ring, processes, published or scrape'

const start = terminals()

/** Runs it on a terminal of so many columns; types Ctrl-C once it has shown something, and says for how long that took. */
async function onTerminal(columns: number, args: string[], env = plain, interruptAt = '') {
  const terminal = start(args, columns, 24, env)
  const typed = async (): Promise<number> => {
    await terminal.until(interruptAt, () => terminal.output.includes(interruptAt))
    terminal.type('\u0003')
    return performance.now()
  }
  const since = interruptAt === '' ? 0 : await typed()
  const { code } = await terminal.ended()
  return { output: terminal.output, code, seconds: (performance.now() - since) / 1000 }
}

/** What stood in each line, counting a redrawn line as another one. */
function linesOf(output: string): string[] {
  // Escape sequences: to column 1.
  const redrawn = output.replaceAll('\u001b[1G', '\n')
  return stripVTControlCharacters(redrawn).split(/\r?\n/)
}

describe('rseq', () => {
  test('reports, and exits with 0 where rseq is active', () => {
    const { stdout, stderr, status: code } = rseq([])
    expect(stderr).toBe('')
    expect(code).toBe(status().available ? 0 : INACTIVE)
    const { message, backend, kernel, addon } = status()
    expect(stdout.split('\n')[0]).toBe(`rseq is active (backend: ${backend})`)
    for (const fact of [message, kernel.release, addon]) {
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain(fact)
    }
    expect(stdout).not.toContain('\u001b')
    expect(stdout).not.toContain('undefined')
  })

  test('is rseq status', () => {
    // Whose services are running may change at any time.
    const machine = (args: string[]) => rseq(args).stdout.split('\nServices\n')[0]
    expect(machine(['status'])).toBe(machine([]))
  })

  test.each(['ENOSYS', 'EPERM'])('exits with 3 and the reason where rseq fails with %s', (reason) => {
    const env = { ...plain, GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }
    const report = rseq([], { env, prefix: [join(built, 'deny'), reason] })
    expect(report.stderr).toBe('')
    expect(report.status).toBe(INACTIVE)
    expect(report.stdout.split('\n')[0]).toBe('rseq is not active (backend: atomic)')
    expect(report.stdout).toMatch(new RegExp(`^  reason +${reason}$`, 'm'))

    const json = rseq(['--json'], { env, prefix: [join(built, 'deny'), reason] })
    expect(json.status).toBe(INACTIVE)
    expect(JSON.parse(json.stdout)).toMatchObject({ available: false, reason, backend: 'atomic' })
  })

  test('waits for the abort check to answer', () => {
    const env = { ...plain, RSEQ_PROBE: '1', LD_PRELOAD: join(built, 'fake.node'), FAKE_PIN_DELAY: '20' }
    const { stdout } = rseq(['--json'], { env })
    expect(JSON.parse(stdout).message).not.toContain('being tried')
  })

  test.each([[['--json']], [['status', '--json']], [['--json', 'status']]])('%j prints status()', (args) => {
    const { stdout, stderr, status: code } = rseq(args)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    // Where an area of our own lies is another place in each process.
    const withoutOffset = (report: unknown) =>
      JSON.parse(JSON.stringify(report, (key, value) => (key === 'offset' ? undefined : value)))
    expect(withoutOffset(JSON.parse(stdout))).toEqual(withoutOffset(status()))
  })

  test.each(['--help', '-h'])('%s names every command', (option) => {
    const { stdout, stderr, status: code } = rseq([option])
    expect([stderr, code]).toEqual(['', 0])
    const names = ['status', 'demo', 'bench', 'compare', 'top', 'noise', 'help'].map((name) => `rseq ${name}`)
    for (const name of [...names, '--no-color', '--help', '--version']) expect(stdout).toContain(name)
    expect(rseq(['help'])).toMatchObject({ stdout, stderr: '', status: 0 })
    expect(rseq(['help', option]).stdout).toBe(stdout)
  })

  test.each([
    ['status', ['--json']],
    ['demo', ['--workers N', '--increments N']],
    ['bench', ['--only NAME', 'scrape', '--quick', '--json FILE', '--html FILE']],
    ['compare', ['A.json B.json', '--html FILE']],
    ['noise', ['--seconds N', '--cpus LIST', '--threshold US', '--json FILE', '--html FILE']],
  ])('help %s names every option', (name, options) => {
    const { stdout, stderr, status: code } = rseq(['help', name])
    expect([stderr, code]).toEqual(['', 0])
    for (const text of [`rseq ${name}`, '--help', ...options]) expect(stdout).toContain(text)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    for (const args of [
      [name, '--help'],
      [name, '-h'],
      ['--help', name],
      [name, 'x', 'y', 'z', '-h'],
    ]) {
      expect(rseq(args)).toMatchObject({ stdout, stderr: '', status: 0 })
    }
  })

  test.each(['--version', '-v'])('%s prints the version', (option) => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    expect(rseq([option])).toMatchObject({ stdout: `${version}\n`, stderr: '', status: 0 })
  })

  test.each([
    [['nonsense'], "expected status, demo, bench, compare, top, noise or help, received 'nonsense'"],
    [['toString'], "expected status, demo, bench, compare, top, noise or help, received 'toString'"],
    [['help', 'x'], "help: expected status, demo, bench, compare, top or noise, received 'x'"],
    [['help', 'demo', 'x'], 'help: expected at most 1 argument ([command]), received 2'],
    [['--nonsense'], "status: expected --json, --no-color, --help or --version, received '--nonsense'"],
    [['-x'], "status: expected --json, --no-color, --help or --version, received '-x'"],
    [['status', 'demo'], "status: expected no argument, received 'demo'"],
    [['--workers', '2'], "status: expected --json, --no-color, --help or --version, received '--workers'"],
    [
      ['demo', '--json'],
      "demo: expected --workers, --increments, --no-color, --help or --version, received '--json'",
    ],
    [['--json=yes'], "--json: expected no value, received 'yes'"],
    [['bench', 'getcpu'], "bench: expected no argument, received 'getcpu'"],
    [['bench', '--only'], `--only: expected ${QUESTIONS}, received nothing`],
    [['bench', '--only', 'x'], `--only: expected ${QUESTIONS}, received 'x'`],
    [['bench', '--json', '--quick'], "--json: expected FILE, received '--quick'"],
    [
      ['bench', '--html', '/nonsense/a.html'],
      "--html: expected a file in a folder that is there, received '/nonsense/a.html'",
    ],
    [['compare'], 'compare: expected 2 arguments (A.json B.json), received 0'],
    [['compare', 'a', 'b', 'c'], 'compare: expected 2 arguments (A.json B.json), received 3'],
    [['compare', 'a', 'b', '--html'], '--html: expected FILE, received nothing'],
  ])('refuses %j', (args, message) => {
    expect(rseq(args)).toMatchObject({ stdout: '', stderr: `rseq: ${message}\n`, status: USAGE })
  })

  test.each([[[]], [['--json']], [['--help']]])(
    '%j with a reader that is gone fails silently',
    async (args) => {
      const child = spawn(process.execPath, [command, ...args], { env: plain })
      child.stdout.destroy()
      const stderr = heard(child.stderr)
      const [code] = await once(child, 'close')
      expect(stderr()).toBe('')
      expect([0, 141]).toContain(code)
    },
  )

  test('says so where the output cannot be written', () => {
    const { stderr, status: code } = spawnSync(
      'sh',
      ['-c', '"$0" "$1" > /dev/full', process.execPath, command],
      {
        encoding: 'utf8',
        env: plain,
      },
    )
    expect(stderr).toMatch(/^rseq: standard output: .*\n$/)
    expect(code).toBe(1)
  })
})

describe('rseq on a terminal', () => {
  test('has colours, unless NO_COLOR is set, --no-color says so or the terminal has none', async () => {
    expect((await onTerminal(80, [])).output).toContain('\u001b[32m')
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      expect((await onTerminal(80, [], { ...plain, ...env })).output).not.toContain('\u001b')
    }
    for (const args of [['--no-color'], ['--no-color', '--help'], ['help', 'demo', '--no-color']]) {
      expect((await onTerminal(80, args, { ...plain, FORCE_COLOR: '1' })).output).not.toContain('\u001b')
    }
    expect(rseq([], { env: { ...plain, FORCE_COLOR: '1' } }).stdout).toContain('\u001b[32m')
    expect(rseq(['--json'], { env: { ...plain, FORCE_COLOR: '1' } }).stdout).not.toContain('\u001b')
  })

  test.each([30, 40, 80])('fits into %i columns', async (columns) => {
    for (const args of [[], ['--help'], ['help', 'bench']]) {
      const { output, code } = await onTerminal(columns, args)
      expect(code).toBe(0)
      for (const line of linesOf(output)) expect(line.length).toBeLessThanOrEqual(columns)
    }
  })

  test('the demo shows a bar, takes it away, and fits into 40 columns', async () => {
    const { output, code } = await onTerminal(40, ['demo', '--workers', '2', '--increments', '500000'])
    expect(code).toBe(0)
    const lines = linesOf(output)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(40)
    expect(lines.some((line) => /^Atomics\.add +[█░]+ +\d+%$/.test(line))).toBe(true)
    expect(output.lastIndexOf('\u001b[?25h')).toBeGreaterThan(output.lastIndexOf('\u001b[?25l'))
    expect(output.lastIndexOf('░')).toBeLessThan(output.lastIndexOf('\u001b[2K'))
  })

  test.each(['PerCpuCounter', 'Atomics.add'])('Ctrl-C ends the demo during %s', async (phase) => {
    const args = ['demo', '--increments', phase === 'Atomics.add' ? '3000000' : '500000000']
    const { output, code, seconds } = await onTerminal(60, args, plain, phase)
    expect(code).toBe(130)
    expect(seconds).toBeLessThan(3)
    expect(output.lastIndexOf('\u001b[?25h')).toBeGreaterThan(output.lastIndexOf('\u001b[?25l'))
    expect(output).not.toContain('exact')
    expect(output).not.toContain('Error')
  })
})

describe('lib/cli', () => {
  test('needs nothing but Node and this package', () => {
    const files = readdirSync(folder, { recursive: true }).map(String)
    expect(files.filter((name) => name.includes('.')).sort()).toEqual(
      [
        'THIRD-PARTY-LICENSES.txt',
        ...['rseq.js', 'compare/index.js', 'demo/index.js', 'demo/worker.js', 'status/index.js'],
        ...['bench/index.js', 'bench/page/index.js', 'top/index.js', 'top/running.js'],
        ...['noise/index.js', 'noise/page.js', 'noise/worker.js'],
      ].sort(),
    )
    for (const file of files.filter((name) => name.endsWith('.js'))) {
      const source = readFileSync(join(folder, file), 'utf8')
      const required = [...source.matchAll(/\brequire\("([^"]+)"\)/g)].map((match) => match[1] as string)
      const others = required.filter((name) => !builtinModules.includes(name.replace(/^node:/, '')))
      const own = others.filter((name) => {
        const isLibrary =
          /^(\.\.\/)+[\w/-]+$/.test(name) && existsSync(`${join(folder, file, '..', name)}.js`)
        return isLibrary || files.includes(join(dirname(file), name))
      })
      expect(others).toEqual(own)
    }
  })

  test('is light, and so is what measures: libraries to compare with are those of the user', () => {
    const files = [folder, join(root, 'lib', 'bench')].flatMap((from) =>
      readdirSync(from, { recursive: true }).map((name) => join(from, String(name))),
    )
    const scripts = files.filter((path) => path.endsWith('.js'))
    expect(scripts.reduce((sum, path) => sum + statSync(path).size, 0)).toBeLessThan(440_000)
    const licences = readFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), 'utf8')
    for (const name of ['prom-client', '@opentelemetry', 'hdr-histogram', 'koffi', 'lodash', 'chart.js']) {
      expect(licences).not.toMatch(new RegExp(`^${name}`, 'm'))
    }
  })

  test('is executable, and carries the licences of what it contains', () => {
    expect(readFileSync(command, 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node')
    expect(spawnSync(command, ['--version']).status).toBe(0)
    const licences = readFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), 'utf8')
    for (const name of ['picocolors', 'cli-table3', 'cli-progress', 'string-width', 'valibot', 'd3-array']) {
      expect(licences).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'))
    }
  })
})
