import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { PerCpuCounter, Region } from 'rseq'
import { describe, expect, test } from 'vitest'
import type { TopJson } from '../../../src/ts/cli/top/json'
import { ENTRY, HEADER, layoutOf } from '../../fixtures/mutate/image.mjs'
import { plain as anyone, command, heard, rseq, scratchFolder } from '../../support/command'
import { PseudoTerminal } from '../../support/pseudo-terminal'

const { RSEQ_REGION: _, ...plain } = anyone
const scratch = scratchFolder()

/** Longer than any of these takes, and much less than any took where time grew with the square of a text. */
const PATIENCE = 60_000
const HOSTILE = 'a\u001b[2J\u001b]0;title\u0007\u007f\u009b31m\r\n\u2028\u202eb\ud83d\ude00'

const PATH = `${scratch}/\u001b[2J\u007f\u009b\u202e\n`

let made = 0

/** A region in a file, as it is while its maker has those open: a copy, of which nothing is removed when that ends. */
function regionWith(count: number, labels: (i: number) => Record<string, string>): string {
  const file = join(scratch, `region-${made++}`)
  const region = Region.create({ file: `${file}-made` })
  const counters = Array.from({ length: count }, (_, i) => {
    const counter = PerCpuCounter.named(`metric_${i}`, { region, labels: labels(i), help: HOSTILE })
    counter.add(i + 1)
    return counter
  })
  execFileSync('cp', ['--sparse=always', `${file}-made`, file])
  for (const counter of counters) counter.close()
  region.close()
  rmSync(`${file}-made`)
  return file
}

function top(args: string[], env: NodeJS.ProcessEnv = plain, warned = '') {
  const options = { env, timeout: PATIENCE, maxBuffer: 2 ** 28 }
  const { stdout, stderr, status } = rseq(['top', ...args], options)
  expect([stderr.replace(/ in \S+,/, ' in REGION,'), status]).toEqual([warned, 0])
  return stdout
}

/** Puts other bytes in place of an entry's texts. @param change gets name, labels, help, unit and extra */
function forge(file: string, entry: number, change: (texts: Buffer[]) => Buffer[]): void {
  const descriptor = openSync(file, 'r+')
  try {
    const bytes = (at: number, length: number): Buffer => {
      const found = Buffer.alloc(length)
      readSync(descriptor, found, 0, length, at)
      return found
    }
    const header = bytes(0, 4096)
    const word = (at: number): number => header.readUInt32LE(at)
    const layout = layoutOf({
      ...{ stripes: word(HEADER.stripes), cells: word(HEADER.cells), entries: word(HEADER.entries) },
      ...{ textUnits: word(HEADER.textUnits), processes: word(HEADER.processes) },
    })
    const place = layout.entries + entry * ENTRY.size
    const record = bytes(place, ENTRY.size)
    let at = layout.texts + record.readUInt32LE(ENTRY.text) * 64
    const start = at
    const texts = [0, 1, 2, 3, 4].map((i) => {
      const length = record.readUInt16LE(ENTRY.lengths + 2 * i)
      at += length
      return bytes(at - length, length)
    })
    const changed = change(texts)
    for (const [i, text] of changed.entries()) record.writeUInt16LE(text.length, ENTRY.lengths + 2 * i)
    writeSync(descriptor, Buffer.concat(changed), 0, undefined, start)
    writeSync(descriptor, record, 0, ENTRY.size, place)
  } finally {
    closeSync(descriptor)
  }
}

describe('texts that nobody should have', () => {
  const hostile = regionWith(3, () => ({ [HOSTILE]: HOSTILE }))

  test('are shown by --once, and change no terminal', () => {
    const stdout = top(['--once', hostile])
    expect(stdout).toContain('a␛[2J␛]0;title␇␡\ufffd31m␍␊\ufffd\ufffdb😀="')
    expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{C}/u)
  })

  test('are escaped by --json, and are the same when it is parsed', () => {
    const stdout = top(['--json', hostile])
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    const { metrics } = JSON.parse(stdout) as TopJson
    expect(metrics[0]).toMatchObject({ labels: { [HOSTILE]: HOSTILE }, help: HOSTILE })
    expect(stdout).toBe(
      `${JSON.stringify(JSON.parse(stdout), null, 2).replace(
        /[\u007f-\u009f\u2028\u202e]/g,
        (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )}\n`,
    )
  })

  test('are pictures on a terminal of 80 columns', async () => {
    const terminal = new PseudoTerminal(80, 24, [process.execPath, command, 'top', hostile], plain)
    try {
      const screen = await terminal.until('a row', (lines) => lines.some((line) => line.includes('metric_2')))
      expect(screen.join('\n')).toContain('a␛[2J␛]0;t')
      terminal.type('q')
      expect(await terminal.ended()).toEqual({ code: 0, restored: true })
      const foreign = ['\u001b]', '\u001b[2J', '\u007f', '\u009b', '\u2028', '\u202e']
      expect(foreign.filter((one) => terminal.output.includes(one))).toEqual([])
    } finally {
      terminal.destroy()
    }
  })

  test.each([['top', '--once'], ['compare', PATH], ['bench', '--only'], ['noise', '--cpus'], ['help'], []])(
    'in an argument of %s %s reach standard error as pictures',
    (...args) => {
      const { stderr, stdout, status } = rseq([...args, PATH], { env: plain })
      expect([stdout, status === 1 || status === 2]).toEqual(['', true])
      expect(stderr).toMatch(/^rseq: .*␛\[2J␡\ufffd\ufffd␊/)
      expect(stderr.slice(0, -1)).not.toMatch(/\p{C}/u)
    },
  )
})

describe('damaged entries', () => {
  test('with names that are no UTF-8, and labels of other kinds, are left out and end nothing', () => {
    const warned =
      'rseq: 5 entries are left out: damaged in REGION, by what is no process of this package. All others are shown\n'
    const bad = Buffer.alloc(200, 0xff)
    const file = regionWith(7, (i) => ({ padding: 'x'.repeat(400 + i) }))
    forge(file, 0, ([, labels, ...rest]) => [bad, labels as Buffer, ...rest])
    const labelled = ['[["a", 1], [{}, null]]', '{"length": 1}', '[1, 2]', '[["a","b"],["a","c"]]', '[[[[']
    labelled.forEach((text, i) => {
      forge(file, i + 1, ([name, , ...rest]) => [name as Buffer, Buffer.from(text), ...rest])
    })
    const { metrics } = JSON.parse(top(['--json', file], plain, warned)) as TopJson
    expect(metrics.map(({ name }) => name).sort()).toEqual(['metric_4', 'metric_6'])
    for (const { value, kind, perCpu } of metrics) {
      expect({ value, kind }).toEqual({ value: expect.any(Number), kind: 'counter' })
      expect(perCpu?.reduce<number>((sum, n) => sum + Number(n), 0)).toBe(value)
    }
    expect(top(['--once', file], plain, warned)).toContain('metric_6')
    const html = ['--html', join(scratch, 'damaged.html'), '--seconds', '1', '--interval', '0.5', file]
    expect(top(html, plain, warned)).toContain('metrics, 2 looks')
  })
})

describe('very long texts', () => {
  test.each(['x', '事', '\u001b', 'e\u0301', '👍'])('of %j take no longer than their length', (unit) => {
    const room = 32_000 / Buffer.byteLength(JSON.stringify(unit).slice(1, -1))
    const file = regionWith(200, () => ({ k: unit.repeat(room) }))
    const stdout = top(['--once', file])
    const lines = stdout.split('\n').filter((line) => line.startsWith('metric_'))
    expect(lines).toHaveLength(200)
    for (const line of lines) expect(line).toMatch(/ k=".*… /)
    const { metrics } = JSON.parse(top(['--json', file])) as TopJson
    expect(metrics).toHaveLength(200)
    expect(metrics[0]?.labels.k).toHaveLength(unit.length * Math.floor(room))
  })
})

describe('40,000 entries', () => {
  const file = regionWith(40_000, (i) => ({ route: `/${i % 100}` }))
  // What is held in memory does not grow with what is written.
  const bounded = { ...plain, NODE_OPTIONS: '--max-old-space-size=256' }

  test('are a table of those that sort first, which says so', () => {
    const stdout = top(['--once', '--sort', 'total', file], bounded)
    expect(stdout.match(/^metric_/gm)).toHaveLength(10_000)
    expect(stdout).toContain(
      'Shows 10,000 of 40,000 metrics: those that sort first. --filter chooses others.\n',
    )
    expect(stdout).toMatch(/^metric_39999 +route="\/99" +counter +40,000/m)
    expect(stdout).not.toContain('metric_29999 ')
    const filtered = top(['--once', '--filter', 'metric_2999', file], bounded)
    expect(filtered).toContain('metric_29999 ')
    expect(filtered).not.toContain('Shows')
  })

  test('are all in JSON', () => {
    const { metrics } = JSON.parse(top(['--json', file], bounded)) as TopJson
    expect(metrics).toHaveLength(40_000)
    const values = new Set(metrics.map(({ value }) => value))
    expect(values.size).toBe(40_000)
    for (const { perCpu, value } of metrics.slice(0, 100)) {
      expect(perCpu?.reduce<number>((sum, n) => sum + Number(n), 0)).toBe(value)
    }
  })

  test('are a page of those that sort first, which says so', () => {
    const page = join(scratch, 'many.html')
    top(['--html', page, '--seconds', '1', '--interval', '0.5', '--sort', 'total', file], plain)
    const text = readFileSync(page, 'utf8')
    expect(text.match(/<section>/g)).toHaveLength(500)
    expect(text).toContain('Shows 500 of 40,000 metrics')
    expect(text).toContain('metric_39999')
    expect(text.length).toBeLessThan(4e6)
  })

  test('end quietly where nobody reads them, before all are made', async () => {
    const args = [command, 'top', '--json', file]
    const child = spawn(process.execPath, args, { env: plain, stdio: ['ignore', 'pipe', 'pipe'] })
    const said = heard(child.stderr)
    child.stdout.once('data', () => child.stdout.destroy())
    const [code] = await once(child, 'close')
    expect([code, said()]).toEqual([141, ''])
    const piped = `'${process.execPath}' '${command}' top --once '${file}' | head -n 1`
    expect(execFileSync('sh', ['-c', piped], { encoding: 'utf8', env: plain })).toBe(`${file}\n`)
  })
})
