import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { allowedCpus, formatCpus } from '../../../src/ts/cli/noise/options'
import type { NoiseResult } from '../../../src/ts/cli/noise/schema'
import { command, heard, installed, plain, rseq, scratchFolder } from '../../support/command'
import { fixtures } from '../../support/world'

const cpus = allowedCpus()
const scratch = scratchFolder()

const noise = (...args: string[]) => rseq(['noise', ...args])

/** One that watches for an hour; a signal before it listens would end it. */
async function started(...args: string[]) {
  const all = [command, 'noise', '--seconds', '3600', ...args]
  const child = spawn(process.execPath, all, { env: plain })
  await once(child.stderr.setEncoding('utf8'), 'data')
  return child
}

function resultIn(file: string): NoiseResult {
  return JSON.parse(readFileSync(file, 'utf8')) as NoiseResult
}

describe('rseq noise', () => {
  test('prints a table, and writes what it says as JSON', () => {
    const file = join(scratch, 'noise.json')
    const { stdout, stderr, status } = noise('--seconds', '1', '--json', file)
    expect([stderr, status]).toEqual([`Watching CPU ${formatCpus(cpus)} for 1 s …\n`, 0])
    const result = resultIn(file)
    expect(result).toMatchObject({ kind: 'noise', schema: 1, threshold: 1000 })
    expect(result.machine.kernel).toMatch(/^\d/)
    expect(result.cpus.map(({ cpu }) => cpu)).toEqual(cpus)
    expect(result.seconds).toBeGreaterThan(0)
    for (const { cpu, seconds, taken, threads, interrupts, longest, timeline, moved, lost } of result.cpus) {
      expect(stdout).toMatch(new RegExp(`^CPU ${cpu} +${seconds.toFixed(1)} s +[\\d.]+ % +threads`, 'm'))
      expect(seconds).toBeGreaterThan(0)
      expect(seconds).toBeLessThanOrEqual(result.seconds)
      expect(taken).toBeCloseTo(threads.share + interrupts.share, 6)
      expect(longest).toBe(Math.max(threads.longest, interrupts.longest))
      expect(interrupts.gaps + threads.gaps).toBeGreaterThan(0)
      expect([moved, lost]).toEqual([0, false])
      for (const cause of ['threads', 'interrupts'] as const) {
        const { longest: columns, taken: parts } = timeline[cause]
        expect(columns).toHaveLength(1200)
        expect(Math.max(...columns)).toBeCloseTo(
          cause === 'threads' ? threads.longest : interrupts.longest,
          -1,
        )
        expect(Math.max(...parts)).toBeLessThanOrEqual(result.step)
      }
    }
    expect(stdout).toContain('What needs 1 ms of CPU takes:')
    for (const { work, p50, p99, p999, worst } of result.latency) {
      expect([work, p50, p99, p999, worst]).toEqual([work, p50, p99, p999, worst].sort((a, b) => a - b))
    }
    expect(stdout).not.toContain('\u001b')
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
  })

  test('names a process that takes a CPU, its rate and its length', async () => {
    const cpu = cpus.at(-1) as number
    const disturber = spawn(process.execPath, [join(fixtures, 'disturber.mjs'), String(cpu), '3', '50'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const said = heard(disturber.stdout)
    await once(disturber.stdout, 'data')
    const file = join(scratch, 'disturbed.json')
    const { stdout, status } = noise('--seconds', '2', '--cpus', String(cpu), '--json', file)
    disturber.kill('SIGTERM')
    await once(disturber, 'close')
    expect(status).toBe(0)
    expect(stdout).toContain(`CPU ${cpu} is taken by other threads `)
    const { seconds, lengths } = JSON.parse(said().split('\n')[1] as string) as {
      seconds: number
      lengths: number[]
    }
    const share = lengths.reduce((sum, length) => sum + length, 0) / 1000 / seconds
    const [found] = resultIn(file).cpus
    expect(found?.cpu).toBe(cpu)
    // Other processes take their share too, and may have had the CPU while it thought that it had it.
    expect(found?.threads.share).toBeGreaterThan(share / 3)
    expect(found?.threads.longest).toBeGreaterThan(1.5e6)
  })

  test('watches the CPUs that it is told to', () => {
    const file = join(scratch, 'one.json')
    const [cpu] = cpus
    expect(noise('--seconds', '1', '--cpus', `${cpu}`, '--threshold', '50', '--json', file).status).toBe(0)
    const result = resultIn(file)
    expect(result.cpus.map((one) => one.cpu)).toEqual([cpu])
    expect(result.threshold).toBe(50_000)
    for (const { threads, interrupts } of result.cpus)
      for (const { gaps, median } of [threads, interrupts])
        if (gaps > 0) expect(median).toBeGreaterThan(50_000)
  })

  test('Ctrl-C ends it, and what was seen is shown and written', async () => {
    const file = join(scratch, 'interrupted.json')
    const child = await started('--json', file)
    const stdout = heard(child.stdout)
    await new Promise((resolve) => setTimeout(resolve, 500))
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    expect(stdout()).toContain('What needs 100 µs of CPU takes:')
    expect(resultIn(file).seconds).toBeLessThan(600)
  })

  test('SIGTERM ends it with its threads', async () => {
    const child = await started()
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([null, 'SIGTERM'])
  })

  test.each([
    [['--seconds', '0'], "--seconds: expected a whole number, 1 to 86400, received '0'"],
    [['--seconds', '1.5'], "--seconds: expected a whole number, 1 to 86400, received '1.5'"],
    [['--threshold', '0'], "--threshold: expected a number, 0.1 to 1000000, received '0'"],
    [['--threshold', 'x'], "--threshold: expected a number, 0.1 to 1000000, received 'x'"],
    [['--cpus', ''], '--cpus: expected LIST, received'],
    [['--cpus', 'x'], "like 0,2-3, received 'x'"],
    [['--cpus', '65535'], "like 0,2-3, received '65535'"],
    [['--cpus', '1-0'], "like 0,2-3, received '1-0'"],
    [['--json', '/nonsense/a.json'], '--json: expected a file in a folder that is there'],
    [['x'], "noise: expected no argument, received 'x'"],
    [['--only', 'x'], 'noise: expected --seconds, --cpus, --threshold, --json, --html'],
  ])('refuses %j', (args, message) => {
    const { stdout, stderr, status } = noise(...args)
    expect([stdout, status]).toEqual(['', 2])
    expect(stderr).toMatch(/^rseq: [^\n]+\n$/)
    expect(stderr).toContain(message)
  })

  test('without the addon it says why, and fails', () => {
    const folder = installed(join(scratch, 'bare'))
    const { stdout, stderr, status } = rseq(['noise', '--seconds', '1'], { folder })
    expect([stdout, status]).toEqual(['', 1])
    expect(stderr).toMatch(/^rseq: only the addon can keep a thread on one CPU\. .*no such file\n$/)
  })
})
