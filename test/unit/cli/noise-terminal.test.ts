import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { frame, type View } from '../../../src/ts/cli/noise/frame'
import { allowedCpus } from '../../../src/ts/cli/noise/options'
import type { Summary } from '../../../src/ts/cli/noise/result'
import { paint, plain } from '../../support/command'
import { causeOf, cpuOf } from '../../support/noise-samples'
import { has, LEAVE, SGR, terminals } from '../../support/terminals'

const cpu = String(allowedCpus()[0])
const noise = terminals('noise')

function summaryOf(number: number): Summary {
  const share = (number % 97) / 200
  const { timeline: _, latency: __, ...own } = cpuOf(number, share, 5e6)
  const threads = { ...causeOf(share), perSecond: 100 }
  const interrupts = { ...causeOf(0.001, 5e6, false), perSecond: 100 }
  return { ...own, taken: share + 0.001, threads, interrupts }
}

function viewOf(cpus: number): View {
  return {
    cpus: Array.from({ length: cpus }, (_, i) => summaryOf(i)),
    options: { seconds: 60, threshold: 1000 },
    elapsed: 12.3,
  }
}

describe('the screen', () => {
  const sizes = [1, 2, 16, 256].flatMap((cpus) =>
    [20, 40, 80, 200].flatMap((columns) => [5, 12, 24, 60].map((rows) => [cpus, columns, rows] as const)),
  )
  test.each(sizes)('of %i CPUs fits into %i × %i', (cpus, columns, rows) => {
    const lines = frame(viewOf(cpus), { columns, rows }, paint)
    expect(lines).toHaveLength(rows)
    for (const line of lines) expect(stringWidth(line), line).toBeLessThanOrEqual(columns)
  })

  test('of many CPUs shows those of which most is taken, and how much of the others', () => {
    const lines = frame(viewOf(256), { columns: 80, rows: 24 }, paint)
    const shown = lines.filter((line) => line.startsWith('CPU ') && line.includes('█'))
    expect(shown).toHaveLength(13)
    expect(shown.every((line) => /^CPU (8\d|9[0-6]|18\d|19[0-3]) +4\d\.\d %/.test(line))).toBe(true)
    expect(lines.find((line) => line.startsWith('243 more'))).toMatch(/^243 more +2\d\.\d % +5\.00 ms$/)
    expect(lines[1 + 1 + 13 + 2]).toMatch(/^CPU \d+ is taken by other threads 20\.0 times a second/)
  })

  test('shows bars by share and cause', () => {
    const [, , first = '', second = ''] = frame(viewOf(2), { columns: 80, rows: 24 }, paint)
    expect(first).toMatch(/^CPU 0 +0\.10 % +200 +5\.00 ms {2}░+$/)
    expect(second).toMatch(/^CPU 1 +0\.60 % +200 +5\.00 ms {2}█+░+$/)
    expect(stringWidth(second)).toBe(80)
  })
})

describe('rseq noise on a terminal', () => {
  test('shows what it sees, and the table behind it', async () => {
    const terminal = noise(['--seconds', '3'])
    // A frame comes in parts.
    const isWhole = (screen: string[]): boolean => screen.length === 24 && has(`CPU ${cpu} `)(screen)
    const screen = await terminal.until('a whole screen with a CPU', isWhole)
    for (const line of screen) expect(stringWidth(line), line).toBeLessThanOrEqual(80)
    expect(await terminal.ended()).toEqual({ code: 0, restored: true })
    const { output } = terminal
    expect(output).toMatch(SGR)
    const after = output.slice(output.lastIndexOf(LEAVE) + LEAVE.length)
    expect(after).toContain('What needs 1 ms of CPU takes:')
    expect(output).toMatch(/[12] of 3 s/)
  })

  test.each([
    ['q', 'q'],
    ['Ctrl-C', '\u0003'],
    ['Esc', '\u001b'],
  ])('%s ends it, and what was seen is shown', async (_, key) => {
    const terminal = noise(['--seconds', '3600', '--cpus', cpu], 40, 8)
    const screen = await terminal.until('a CPU', has(`CPU ${cpu} `))
    for (const line of screen) expect(stringWidth(line), line).toBeLessThanOrEqual(40)
    terminal.type(key)
    expect(await terminal.ended()).toEqual({ code: 0, restored: true })
    const after = terminal.output.slice(terminal.output.lastIndexOf(LEAVE) + LEAVE.length)
    expect(after).toContain('taken')
    for (const line of after.split(/\r*\n/).slice(1)) {
      expect(stringWidth(line.replaceAll(new RegExp(SGR, 'g'), '')), line).toBeLessThanOrEqual(40)
    }
  })

  test('draws anew when the terminal is resized', async () => {
    const terminal = noise(['--seconds', '3600', '--cpus', cpu])
    await terminal.until('a CPU', has(`CPU ${cpu} `))
    terminal.resize(30, 10)
    const screen = await terminal.until('10 lines', (now) => now.length === 10)
    for (const line of screen) expect(stringWidth(line), line).toBeLessThanOrEqual(30)
    terminal.type('q')
    expect((await terminal.ended()).code).toBe(0)
  })

  test('a signal ends it and gives the terminal back', async () => {
    const terminal = noise(['--seconds', '3600', '--cpus', cpu])
    await terminal.until('a CPU', has(`CPU ${cpu} `))
    terminal.kill('SIGTERM')
    expect(await terminal.ended()).toEqual({ code: 143, restored: true })
    expect(terminal.output.endsWith(LEAVE)).toBe(true)
  })

  test('has no colours where nobody wants them, and no screen where there can be none', async () => {
    const colourless = noise(['--seconds', '1', '--cpus', cpu, '--no-color'])
    expect((await colourless.ended()).code).toBe(0)
    expect(colourless.output).not.toMatch(SGR)
    const dumb = noise(['--seconds', '1', '--cpus', cpu], 80, 24, { ...plain, TERM: 'dumb' })
    expect((await dumb.ended()).code).toBe(0)
    expect(dumb.output).not.toContain('\u001b')
    expect(dumb.output).toContain('What needs 1 ms of CPU takes:')
  })
})
