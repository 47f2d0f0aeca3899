import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status } from 'rseq'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PATIENCE } from '../support/patience'
import { root } from '../support/world'

const scratch = mkdtempSync(join(tmpdir(), 'rseq-examples-'))
/** The package without its addons. */
const portable = join(scratch, 'portable')

beforeAll(() => {
  for (const name of ['package.json', 'lib', 'examples']) {
    cpSync(join(root, name), join(portable, name), { recursive: true })
  }
})
afterAll(() => rmSync(scratch, { recursive: true }))

function run(folder: string, name: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, 'examples', name), ...args], {
    encoding: 'utf8',
    cwd: scratch,
    timeout: PATIENCE,
  })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  return stdout
}

/** Of Chrome's trace format, what the example writes. */
interface TraceEvent {
  readonly ph: 'B' | 'E' | 's' | 'f' | 'M'
  readonly name: string
  readonly ts: number
  readonly pid: number
  readonly tid: number
  readonly id?: number
  readonly args?: { readonly job?: number; readonly cpu?: number; readonly name?: string }
}

const JOBS = 300
const STEPS = ['parse', 'forward', 'compute']

describe.each([
  ['with the addon', root],
  ['without it', portable],
])('examples %s', (_, folder) => {
  test('buffer-pool.mjs', () => {
    const output = run(folder, 'buffer-pool.mjs', '0.2')
    const rows = [...output.matchAll(/^(\w.*?) {2,}([\d,]+) +(\d+\.\d\d) +(\d+) +(right|WRONG)$/gm)]
    expect(rows.map(([, name]) => name)).toEqual([
      'slots of a pool',
      'transferred ArrayBuffers',
      'copied ArrayBuffers',
    ])
    for (const [, name, count = '', ratio, , sums] of rows) {
      expect(Number(count.replaceAll(',', '')), name).toBeGreaterThan(100)
      expect(Number(ratio), name).toBeGreaterThan(0)
      expect(sums, name).toBe('right')
    }
    expect(rows[0]?.[3]).toBe('1.00')
    expect(output).toMatch(/^0 of 64 slots are held in the end\.$/m)
  })

  test('trace-ring.mjs', () => {
    const file = join(scratch, 'trace.json')
    const output = run(folder, 'trace-ring.mjs', file)
    expect(output).toMatch(/^3000 events of 4 (processes|threads) on \d+ of \d+ CPUs in \d+ ms$/m)
    expect(output).toMatch(/^600 handovers, 0 of them received before they were sent$/m)
    expect(output).toMatch(/^3000 written, 0 lost$/m)
    expect(output).toContain(`${file}: open it at https://ui.perfetto.dev`)

    const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as { traceEvents: TraceEvent[] }
    const titles = traceEvents.filter(({ ph }) => ph === 'M')
    expect(titles.map(({ args }) => args?.name)).toEqual(['primary', 'worker 1', 'worker 2', 'worker 3'])
    const events = traceEvents.filter(({ ph }) => ph !== 'M')
    const tracks = groupedBy(events, ({ pid }) => pid)
    expect([...tracks.keys()].sort()).toEqual(titles.map(({ pid }) => pid).sort())
    for (const [pid, own] of tracks) {
      let open: TraceEvent | null = null
      let last = 0
      for (const event of own) {
        expect(event.tid).toBe(pid)
        expect(event.ts).toBeGreaterThanOrEqual(last)
        last = event.ts
        if (event.ph === 'B') {
          expect(open).toBeNull()
          open = event
        } else {
          expect(open).not.toBeNull()
          if (event.ph !== 'E') continue
          expect([event.name, event.args?.job]).toEqual([open?.name, open?.args?.job])
          open = null
        }
      }
      expect(open).toBeNull()
    }
    const begun = events.filter(({ ph }) => ph === 'B')
    for (const step of STEPS) {
      const jobs = begun.filter(({ name }) => name === step).map(({ args }) => args?.job)
      expect(new Set(jobs).size, step).toBe(JOBS)
      expect(jobs, step).toHaveLength(JOBS)
    }
    const arrows = events.filter(({ ph }) => ph === 's' || ph === 'f')
    const pairs = [...groupedBy(arrows, ({ id }) => id).values()]
    expect(pairs).toHaveLength(2 * JOBS)
    for (const pair of pairs) expect(pair.map(({ ph }) => ph)).toEqual(['s', 'f'])
  })

  test('request-log.mjs', () => {
    const output = run(folder, 'request-log.mjs', '0.6')
    const lines = output.match(
      /^\d\d:\d\d:\d\d\.\d{3} thread [12] GET \/(users|orders)\/\d+ (200|500) \d+\.\d ms$/gm,
    )
    const [, answered] = /^(\d+) requests answered by 2 threads/m.exec(output) ?? []
    const [, written, discarded] = /^(\d+) records written, (\d+) discarded$/m.exec(output) ?? []
    expect([Number(written), discarded]).toEqual([lines?.length, '0'])
    expect(Number(written)).toBeGreaterThan(1)
    expect(Number(answered)).toBeGreaterThan(Number(written))
    const logged = [...output.matchAll(/^\/\w+ +(\d+) logged, \d+ failed, p50 \d+\.\d ms, p99 \d+\.\d ms$/gm)]
    expect(logged.reduce((sum, [, n]) => sum + Number(n), 0)).toBe(Number(written))
    const times = (lines ?? []).map((line) => line.slice(0, 12))
    expect(times).toEqual(times.toSorted())
  })

  test('interrupted-requests.mjs', () => {
    let output = run(folder, 'interrupted-requests.mjs', '1', '2')
    // On a busy machine a second can end before the first request comes.
    if (/^all +none$/m.test(output)) output = run(folder, 'interrupted-requests.mjs', '30', '2')
    if (folder === portable || !status().available) {
      expect(output).toMatch(/^Interruptions cannot be seen here\. \w/)
      return
    }
    const counts = ['all', 'undisturbed', 'interrupted'].map((what) => {
      const [, count, p50, p99] =
        new RegExp(`^${what} +(\\d+) requests +p50 (\\d+\\.\\d\\d) ms +p99 (\\d+\\.\\d\\d) ms$`, 'm').exec(
          output,
        ) ?? []
      // On a busy machine none may be undisturbed.
      if (count === undefined) return 0
      expect(Number(p99), output).toBeGreaterThanOrEqual(Number(p50))
      return Number(count)
    })
    expect(counts[0]).toBeGreaterThan(0)
    expect((counts[1] as number) + (counts[2] as number)).toBe(counts[0])
    expect(output).toMatch(/^\d+ turns of the event loop, \d+\.\d % of them interrupted$/m)
    expect(output).toMatch(/^the work alone: median \d+\.\d\d ms, p99 \d+\.\d\d ms$/m)
  })
})

function groupedBy<K>(events: readonly TraceEvent[], keyOf: (event: TraceEvent) => K): Map<K, TraceEvent[]> {
  const groups = new Map<K, TraceEvent[]>()
  for (const event of events) {
    const group = groups.get(keyOf(event))
    if (group === undefined) groups.set(keyOf(event), [event])
    else group.push(event)
  }
  return groups
}

test.each([
  ['buffer-pool.mjs', /backend/, /slots are held in the end/],
  ['request-log.mjs', /GET/, /records written/],
  ['interrupted-requests.mjs', /Answering/, /the work alone/],
])('Ctrl-C ends %s with what it has', async (name, first, last) => {
  const args = [join(root, 'examples', name), '60']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  let isInterrupted = false
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
    if (isInterrupted || !first.test(output)) return
    isInterrupted = true
    child.kill('SIGINT')
  })
  const [code] = await once(child, 'close')
  expect(code).toBe(0)
  expect(output).toMatch(last)
})
