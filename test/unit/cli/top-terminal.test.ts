import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Region } from 'rseq'
import stringWidth from 'string-width'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TopJson } from '../../../src/ts/cli/top/json'
import { plain as anyone, rseq, scratchFolder } from '../../support/command'
import { Counted } from '../../support/counted'
import type { PseudoTerminal } from '../../support/pseudo-terminal'
import { ENTER, has, LEAVE, SGR, terminals } from '../../support/terminals'
import { fixtures, root } from '../../support/world'

const { RSEQ_REGION: _, ...plain } = anyone
const scratch = scratchFolder()
let service: Counted
const start = terminals('top')

beforeAll(async () => {
  service = await Counted.start()
  await service.count(1000)
})
afterAll(() => service.end())

function top(args: string[], columns = 80, rows = 24, env: NodeJS.ProcessEnv = plain): PseudoTerminal {
  return start(args, columns, rows, env)
}

const plainly = (...args: string[]) => rseq(['top', ...args], { env: plain })

function expectFits(screen: string[], columns: number, rows: number): void {
  expect(screen.length).toBeLessThanOrEqual(rows)
  for (const line of screen) expect(stringWidth(line), line).toBeLessThanOrEqual(columns)
}

const pid = (): string => String(service.pids[0])

describe('rseq top --once', () => {
  test('prints what both processes of a paused service counted', () => {
    const { stdout, stderr, status } = plainly('--once', '--json', pid())
    expect([stderr, status]).toEqual(['', 0])
    const { schema, region, metrics } = JSON.parse(stdout) as TopJson
    expect(schema).toBe(1)
    expect(region).toMatchObject({
      path: service.path,
      leader: service.pids[0],
      application: join(fixtures, 'top.mjs'),
      rule: 'main script',
      processes: { living: 2, dead: 0 },
    })
    // As du says: of the hundreds of megabytes that it could take.
    expect(region.occupied).toBe(statSync(service.path).blocks * 512)
    expect(region.occupied).toBeGreaterThan(0)
    expect(region.occupied).toBeLessThan(region.bytes / 10)
    const find = (name: string, label = '') =>
      metrics.find((one) => one.name === name && (label === '' || Object.values(one.labels).includes(label)))
    expect(find('requests_total', 'GET')).toMatchObject({ kind: 'counter', value: 2000, help: 'Answered.' })
    expect(find('requests_total', 'primary')?.value).toBe(2000)
    expect(find('requests_total', 'worker')?.value).toBe(2000)
    expect(find('sent')).toMatchObject({ kind: 'sum', value: 1000, unit: 'bytes' })
    expect(find('queue')).toMatchObject({ kind: 'gauge', value: 7, labels: {} })
    expect(find('sizes')).toMatchObject({
      count: 2000,
      sum: 2000 * 99.5,
      min: 0,
      max: 199,
      buckets: [
        [1, 20],
        [10, 110],
        [100, 1010],
        ['+Inf', 2000],
      ],
    })
    const wait = find('wait')
    expect(wait).toMatchObject({ kind: 'histogram', count: 2000, min: 0.001, max: 0.1 })
    expect(wait?.sum).toBeCloseTo(101, 9)
    expect(wait?.percentiles?.[50]).toBeCloseTo(0.05, 3)
    expect(wait?.buckets?.at(-1)).toEqual(['+Inf', 2000])
    const split = find('requests_total', 'GET')?.perCpu as number[]
    expect(split).toHaveLength(region.cpus + 1)
    expect(split.reduce((a, b) => a + b, 0)).toBe(2000)
    expect(metrics.map(({ rate }) => rate)).toEqual(metrics.map(() => undefined))
    // With the worker's pid and the file it is the same service.
    for (const which of [String(service.pids[1]), service.path]) {
      expect((JSON.parse(plainly('--json', which).stdout) as TopJson).metrics).toEqual(metrics)
    }
  })

  test('says what everyone else who looks at the region says', () => {
    const load = createRequire(join(root, 'lib', 'index.js'))
    const { Survey } = load('./metrics/survey.js') as typeof import('../../../src/ts/metrics/survey')
    const { merge } = load('./metrics/merged.js') as typeof import('../../../src/ts/metrics/merged')
    const region = Region.attach(service.path, { readOnly: true })
    const merged = merge(new Survey(region as never).read())
    region.close()
    const { metrics } = JSON.parse(plainly('--json', pid()).stdout) as TopJson
    expect(metrics).toHaveLength(merged.length)
    for (const one of metrics) {
      const same = merged.find(
        ({ name, labels }) => name === one.name && JSON.stringify(labels) === JSON.stringify(one.labels),
      )
      expect(one.value ?? one.sum).toBe(same?.value)
      if (one.count !== undefined) expect(one.count).toBe(same?.counts().reduce((a, b) => a + b, 0))
    }
  })

  test('has rates where an interval is given', async () => {
    const { stdout } = plainly('--json', '--interval', '0.2', pid())
    const { interval, metrics } = JSON.parse(stdout) as TopJson
    expect(interval).toBeGreaterThanOrEqual(0.19)
    // It is paused.
    expect(metrics.filter(({ kind }) => kind !== 'gauge').map(({ rate }) => rate)).toEqual([
      0, 0, 0, 0, 0, 0, 0,
    ])
    expect(metrics.find(({ kind }) => kind === 'gauge')).not.toHaveProperty('rate')
  })

  test('is a table without a terminal, without colours or control characters, and with nothing cut', () => {
    const { stdout, stderr, status } = plainly(pid())
    expect([stderr, status]).toEqual(['', 0])
    expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{C}/u)
    expect(stdout).toMatch(/^NAME +LABELS +KIND +TOTAL +RATE\/S +MEAN +P50 +P90 +P99 +MAX SAMPLES$/m)
    expect(stdout).toMatch(/^requests_total +method="GET" +counter +2,000 +–$/m)
    expect(stdout).toContain('␛[2J␛[31mhostile␍␊')
    expect(stdout).toContain('wide="事件ログ\ufffd<script>"')
    expect(stdout).not.toContain('…')
  })

  test('does not touch the service', () => {
    const region = Region.attach(service.path, { readOnly: true })
    /** It is paused, so nobody writes anything: neither names, processes and holds, nor cells. */
    const state = () => ({
      written: statSync(service.path, { bigint: true }).mtimeNs,
      processes: region.processes(),
      content: spawnSync('md5sum', [service.path], { encoding: 'utf8' }).stdout,
    })
    const before = state()
    expect(before.processes.map((one) => one.pid)).toEqual([...service.pids])
    expect(before.content).toMatch(/^[0-9a-f]{32} /)
    expect(plainly('--json', '--interval', '0.3', pid()).status).toBe(0)
    expect(state()).toEqual(before)
    region.close()
  })

  test('finds services by itself, and asks which', async () => {
    const other = await Counted.start()
    try {
      const { stdout, stderr, status } = plainly('--once')
      expect([stdout, status]).toEqual(['', 2])
      expect(stderr).toMatch(/^rseq: \d+ services are running; say the file of one, or the pid:$/m)
      for (const { path, pids } of [service, other]) {
        expect(stderr).toMatch(
          new RegExp(`^ *${pids[0]}  2 processes +${path} +application .*/top.mjs \\(main script\\)$`, 'm'),
        )
      }
      const terminal = top([])
      const screen = await terminal.until('the list', has('which one?'))
      const index = screen.findIndex((line) => line.includes(other.path))
      terminal.type(`${'j'.repeat(index - 1)}\r`)
      await terminal.until('the chosen one', (now) => now[0] === other.path && has('requests_total')(now))
      terminal.type('q')
      expect(await terminal.ended()).toEqual({ code: 0, restored: true })
    } finally {
      await other.end()
    }
  })

  test.each([
    [['--nonsense'], 2, 'top: expected --once, --json, '],
    [['1', '2'], 2, 'top: expected at most 1 argument ([pid|file]), received 2'],
    [['--interval', '0'], 2, "--interval: expected a number, 0.1 to 3600, received '0'"],
    [['--sort', 'size'], 2, "--sort: expected rate, total or name, received 'size'"],
    [['--once', '--html', 'x'], 2, "'--html' records: it does not go with '--once'"],
    [['4194305'], 1, 'there is no process 4194305'],
    [['1000000000/none'], 1, "Region.attach('1000000000/none')"],
  ])('refuses %j', (args, status, message) => {
    const result = plainly(...args)
    expect([result.stdout, result.status]).toEqual(['', status])
    expect(result.stderr).toContain(`rseq: ${message}`)
  })
})

describe('rseq top on a terminal', () => {
  test.each([
    [80, 24],
    [40, 24],
    [80, 8],
    [20, 5],
  ])('fits into %i × %i, and gives the terminal back', async (columns, rows) => {
    const terminal = top([pid(), '--interval', '0.2'], columns, rows)
    const screen = await terminal.until('a table', (now) => has('NAME')(now) && now.length === rows)
    expectFits(screen, columns, rows)
    await terminal.until('a selected row', has('> '))
    terminal.type('q')
    expect(await terminal.ended()).toEqual({ code: 0, restored: true })
    expect(terminal.output.startsWith(ENTER)).toBe(true)
    expect(terminal.output.endsWith(LEAVE)).toBe(true)
  })

  test('shows rates, and the split of the selected row, while the service counts', async () => {
    const terminal = top([pid(), '--interval', '0.3', '--sort', 'name', '--filter', 'get'])
    await terminal.until('the row', has('requests_total'))
    let counting = true
    const load = (async () => {
      while (counting) await service.count(10)
    })()
    const screen = await terminal.until('a rate', (now) =>
      now.some((line) => /^> requests_total .* [1-9][\d.]*k? *$/.test(line)),
    )
    counting = false
    await load
    expect(screen.join('\n')).toMatch(/cpu 0 +[█▏▎▍▌▋▊▉ ]+ +[\d.]+k?/)
    expect(has('overflow')(screen)).toBe(true)
    terminal.type('q')
    await terminal.ended()
  })

  test('keys: select, sort, filter, pause, help', async () => {
    const terminal = top([pid(), '--interval', '0.2', '--sort', 'name'])
    const selected = (screen: string[]) => screen.find((line) => line.startsWith('> ')) ?? ''
    const first = selected(await terminal.until('the first row', (now) => selected(now) !== ''))
    terminal.type('j')
    const second = selected(await terminal.until('the next', (now) => selected(now) !== first))
    terminal.type('\u001b[B')
    await terminal.until('the one after', (now) => ![first, second].includes(selected(now)))
    terminal.type('k\u001b[A')
    await terminal.until('the first', (now) => selected(now) === first)
    terminal.type('t')
    const byTotal = await terminal.until('sorted by total', has('s sort: total'))
    const totals = byTotal.filter((line) => /^[> ] (requests_total|sent|queue)/.test(line))
    expect(totals.at(-1)).toMatch(/queue/)
    terminal.type('s')
    await terminal.until('sorted by name', has('s sort: name'))
    terminal.type('/wai')
    await terminal.until('a filter being typed', has('/wai▏'))
    terminal.type('t\r')
    const filtered = await terminal.until('one row', has('/wait: 1 of 8'))
    expect(filtered.filter((line) => /^[> ] (requests_total|sent|queue|sizes)/.test(line))).toEqual([])
    expect(filtered.join('\n')).toMatch(/all time: [\d,]+ samples {2}mean [\d.]+ms {2}p50 /)
    terminal.type('/\u001b')
    await terminal.until('no filter', (now) => has('requests_total')(now) && !has('/wait')(now))
    terminal.type('p')
    await terminal.until('a pause', has('PAUSED'))
    const still = terminal.output.length
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(terminal.output.length).toBe(still)
    terminal.type(' ?')
    await terminal.until('help', has('q Esc ^C'))
    terminal.type('?')
    await terminal.until('the table', has('NAME'))
    terminal.type('\u001b')
    expect(await terminal.ended()).toEqual({ code: 0, restored: true })
  })

  test('draws anew when the terminal is resized', async () => {
    const terminal = top([pid(), '--interval', '3600'])
    await terminal.until('a table', has('NAME'))
    terminal.resize(40, 12)
    expectFits(await terminal.until('12 lines', (now) => now.length === 12), 40, 12)
    terminal.resize(120, 30)
    const wide = await terminal.until('30 lines', (now) => now.length === 30)
    expect(has('SAMPLES')(wide)).toBe(true)
    terminal.type('\u0003')
    expect(await terminal.ended()).toEqual({ code: 0, restored: true })
    expect(terminal.output.endsWith(LEAVE)).toBe(true)
  })

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('%s gives the terminal back', async (signal, code) => {
    const terminal = top([pid()])
    await terminal.until('a table', has('NAME'))
    terminal.kill(signal)
    expect(await terminal.ended()).toEqual({ code, restored: true })
    expect(terminal.output.endsWith(LEAVE)).toBe(true)
  })

  test('ends after as many seconds as were asked for', async () => {
    const terminal = top([pid(), '--seconds', '1', '--interval', '0.2'])
    expect(await terminal.ended()).toEqual({ code: 0, restored: true })
    expect(terminal.output.endsWith(LEAVE)).toBe(true)
  })

  test('has colours, unless somebody does not want them', async () => {
    const runs: [string[], NodeJS.ProcessEnv, boolean][] = [
      [[], plain, true],
      [[], { ...plain, NO_COLOR: '1' }, false],
      [['--no-color'], plain, false],
    ]
    for (const [args, env, coloured] of runs) {
      const terminal = top([pid(), ...args], 80, 24, env)
      await terminal.until('a table', has('NAME'))
      expect(SGR.test(terminal.output)).toBe(coloured)
      terminal.type('q')
      await terminal.ended()
    }
  })

  test('says so when the service has ended, and goes on showing what it counted', async () => {
    const short = await Counted.start()
    await short.count(5)
    const terminal = top([String(short.pids[0]), '--interval', '0.2'])
    await terminal.until('a table', has('requests_total'))
    await short.end()
    const screen = await terminal.until('its end', has('The service has ended'))
    expect(has('requests_total')(screen)).toBe(true)
    expect(has('0 processes, 2 dead')(screen)).toBe(true)
    terminal.type('q')
    expect(await terminal.ended()).toEqual({ code: 0, restored: true })
  })

  test('says so when the file is cut short', async () => {
    const file = join(scratch, 'cut')
    const region = Region.create({ file })
    const load = createRequire(join(root, 'lib', 'index.js'))
    const { PerCpuCounter } = load('./index.js') as typeof import('../../../src/ts/index')
    PerCpuCounter.named('kept', { region: region as never }).inc()
    const terminal = top([file, '--interval', '0.2'])
    await terminal.until('a table', has('kept'))
    spawnSync('truncate', ['-s', '4096', file])
    const screen = await terminal.until('the loss', has('cannot be read any more'))
    expect(has('kept')(screen)).toBe(true)
    terminal.type('q')
    expect(await terminal.ended()).toEqual({ code: 0, restored: true })
    region.close()
  })
})

describe('rseq top --html', () => {
  test('writes one page with the rates of what was recorded, and nothing that runs', async () => {
    const file = join(scratch, 'page.html')
    const recording = top([pid(), '--html', file, '--seconds', '2', '--interval', '0.5'])
    let counting = true
    const load = (async () => {
      while (counting) await service.count(10)
    })()
    const { code } = await recording.ended()
    counting = false
    await load
    expect(code).toBe(0)
    const html = readFileSync(file, 'utf8')
    expect(html).toContain('4 looks')
    expect(html).toContain('requests_total')
    expect(html.match(/<svg /g)?.length).toBe(10)
    expect(html).toMatch(/<title>per second [\d.]+k?, \d\.\d s<\/title>/)
    expect(html).toMatch(/<title>p99 [\d.]+ms, /)
    expect(html).not.toMatch(/<script|http:|https:|\p{Cc}(?<!\n)/u)
    expect(html).toContain('&lt;script&gt;')
  })
})
