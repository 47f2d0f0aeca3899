import { type ChildProcess, execFileSync, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api'
import {
  AggregationTemporality,
  type DataPoint,
  MetricReader,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { PerCpuCounter, Region } from 'rseq'
import { MeterProvider, type MeterProviderOptions } from 'rseq/opentelemetry'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fixtures, root } from '../../support/world'

const { CUMULATIVE, DELTA } = AggregationTemporality
const CELLS = 16_384
const program = join(fixtures, 'opentelemetry.mjs')
const { RSEQ_REGION: _, ...env } = process.env

class Reader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

let folder: string
let file: string
const children: ChildProcess[] = []
const regions: Region[] = []
const providers: MeterProvider[] = []
let said: string[] = []

beforeEach(() => {
  folder = mkdtempSync('/dev/shm/rseq-test-')
  file = join(folder, 'region')
  // Small, for this process keeps it as long as it has objects in it.
  regions.push(Region.create({ file, cells: CELLS }))
  said = []
  const note = (...words: unknown[]) => said.push(words.join(' '))
  const logger = Object.fromEntries(
    ['error', 'warn', 'info', 'debug', 'verbose'].map((level) => [level, note]),
  )
  diag.setLogger(logger as unknown as DiagLogger, {
    logLevel: DiagLogLevel.WARN,
    suppressOverrideMessage: true,
  })
})
afterEach(async () => {
  diag.disable()
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const provider of providers.splice(0)) await provider.shutdown()
  for (const region of regions.splice(0)) region.close()
  rmSync(folder, { recursive: true })
})

function start(...args: (string | number)[]): ChildProcess {
  const [mode, ...rest] = args.map(String)
  const child = fork(program, [mode as string, file, ...rest], { env })
  children.push(child)
  return child
}

/** A provider of this process, with one reader. */
function reading(temporality: AggregationTemporality, options: MeterProviderOptions = {}) {
  const region = Region.create({ file, cells: CELLS })
  regions.push(region)
  const reader = new Reader({ aggregationTemporalitySelector: () => temporality })
  const provider = new MeterProvider({ region, readers: [reader], ...options })
  providers.push(provider)
  return { reader, provider, region }
}

async function scopes(reader: MetricReader): Promise<ScopeMetrics[]> {
  const { resourceMetrics, errors } = await reader.collect()
  expect(errors).toEqual([])
  return resourceMetrics.scopeMetrics
}

interface Row {
  series: string
  start: number
  end: number
  value: DataPoint<unknown>['value']
}

const milliseconds = ([seconds, nanoseconds]: readonly [number, number]): number =>
  seconds * 1000 + nanoseconds / 1e6

/** All points as rows. */
function rows(scopeMetrics: readonly ScopeMetrics[]): Row[] {
  return scopeMetrics.flatMap(({ metrics }) =>
    metrics.flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, startTime, endTime, value }) => ({
        series: `${descriptor.name}${JSON.stringify(attributes)}`,
        start: milliseconds(startTime),
        end: milliseconds(endTime),
        value,
      })),
    ),
  )
}

const sums = (all: readonly Row[]): Record<string, number> => {
  const found: Record<string, number> = {}
  for (const { series, value } of all) found[series] = (found[series] ?? 0) + (value as number)
  return found
}

/** What exporters have written: a batch each line. Of one that was killed, the last line may be cut short. */
function written(out: string): Row[][] {
  if (!existsSync(out)) return []
  const lines = readFileSync(out, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => rows(JSON.parse(line) as ScopeMetrics[]))
}

async function answer<T>(child: ChildProcess, message?: object): Promise<T> {
  const answered = once(child, 'message')
  if (message !== undefined) child.send(message)
  return ((await answered) as [T])[0]
}

const call = async <T>(child: ChildProcess, name: string, ...args: unknown[]): Promise<T> =>
  (await answer<{ answer: T }>(child, { call: name, args })).answer

async function serving(): Promise<ChildProcess> {
  const child = start('serve')
  await answer(child)
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('several processes', () => {
  test('4 with 4 threads each: what is exported is exact', async () => {
    const adds = 20_000
    const { reader } = reading(CUMULATIVE)
    const all = Array.from({ length: 4 }, () => start('count', 4, adds))
    const codes = await Promise.all(all.map(async (child) => (await once(child, 'exit'))[0]))
    expect(codes).toEqual([0, 0, 0, 0])
    const found = Object.fromEntries(rows(await scopes(reader)).map(({ series, value }) => [series, value]))
    expect(found['adds{}']).toBe(16 * adds)
    for (let i = 0; i < 4; i++) expect(found[`adds{"half":true,"thread":${i}}`]).toBe((16 * adds) / 4 / 2)
    expect(found['sizes{}']).toMatchObject({
      count: 16 * adds,
      sum: (16 * adds * 99) / 2,
      min: 0,
      max: 99,
      buckets: { counts: [1, 5, 5, 15, 25, 25, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0].map((n) => n * 0.16 * adds) },
    })
  })

  test('one at a time exports, and another one when it is gone', async () => {
    const [one, two, three] = [await serving(), await serving(), await serving()]
    await call(one, 'add', 1)
    await call(two, 'add', 2)
    const values = async (child: ChildProcess) => sums(rows(await call<ScopeMetrics[]>(child, 'collect')))
    expect(await values(two)).toEqual({ 'adds{}': 3 })
    expect(await values(one)).toEqual({})
    await kill(two)
    await call(one, 'add', 4)
    expect(await values(one)).toEqual({ 'adds{}': 7 })
    expect(await values(three)).toEqual({})
    await call(one, 'shutdown')
    expect(await values(three)).toEqual({ 'adds{}': 7 })
    // Every one has the whole, where that is asked for.
    const { reader } = reading(CUMULATIVE, { export: 'every' })
    expect(sums(rows(await scopes(reader)))).toEqual({ 'adds{}': 7 })
  })

  test('gauges and observables are those of the living; what a dead process has counted stays', async () => {
    const { reader } = reading(CUMULATIVE)
    const [one, two] = [await serving(), await serving()]
    for (const [child, x] of [
      [one, 10],
      [two, 20],
    ] as const) {
      await call(child, 'observe', x)
      await call(child, 'gauge', x)
    }
    const values = async () => sums(rows(await scopes(reader)))
    const until = async (expected: object) => {
      // Others publish what they observe by their own clocks.
      for (let i = 0; i < 200; i++) {
        try {
          expect(await values()).toEqual(expected)
          return
        } catch {
          await sleep(20)
        }
      }
      expect(await values()).toEqual(expected)
    }
    const of = '{"of":"all"}'
    await until({ [`seen${of}`]: 30, [`held${of}`]: 30, [`mood${of}`]: 15, 'level{}': 15 })
    await call(one, 'observe', 12)
    await until({ [`seen${of}`]: 32, [`held${of}`]: 32, [`mood${of}`]: 16, 'level{}': 15 })
    await kill(one)
    await until({ [`seen${of}`]: 32, [`held${of}`]: 20, [`mood${of}`]: 20, 'level{}': 20 })
    // The dead one's entries were given back.
    const names = (regions[0] as Region).list().map(({ name }) => name)
    expect(names.filter((name) => name === 'mood')).toHaveLength(1)
    await kill(two)
    await until({ [`seen${of}`]: 32 })
  })
})

test('a delta takes back what a dead process said of its level', async () => {
  const { reader } = reading(DELTA)
  const child = await serving()
  await call(child, 'observe', 10)
  const held: number[] = []
  const look = async () => {
    for (const { series, value } of rows(await scopes(reader)))
      if (series.startsWith('held')) held.push(value as number)
  }
  while (held.length < 1) await look()
  await kill(child)
  for (let i = 0; i < 100 && held.length < 2; i++) await look()
  for (let i = 0; i < 3; i++) await look()
  expect(held).toEqual([10, -10])
})

describe('an exporter that is killed again and again', () => {
  const KILLS = 10

  /** Kills as many exporters while others count. @returns what was counted, as those say who counted */
  async function killing(temporality: 'DELTA' | 'CUMULATIVE', out: string): Promise<number> {
    const adding = [start('add'), start('add')]
    await Promise.all(adding.map((child) => answer(child)))
    for (let i = 0; i < KILLS; i++) {
      const before = written(out).length
      const exporter = start('export', out, temporality)
      while (written(out).length < before + 3) {
        expect(exporter.exitCode).toBe(null)
        await sleep(1)
      }
      await sleep(Math.random() * 20)
      await kill(exporter)
      // A line that was cut short never arrived.
      const text = readFileSync(out, 'utf8')
      writeFileSync(out, text.slice(0, text.lastIndexOf('\n') + 1))
    }
    const counted = await Promise.all(adding.map((child) => answer<{ added: number }>(child, { stop: true })))
    const last = start('export', out, temporality)
    await answer(last, { stop: true })
    return counted.reduce((sum, { added }) => sum + added, 0)
  }

  test('loses no delta, and gives none twice to who knows it by its times', async () => {
    const out = join(folder, 'batches')
    const counted = await killing('DELTA', out)
    const batches = written(out)
    const known = new Map<string, Row>()
    let again = 0
    for (const row of batches.flat()) {
      const key = `${row.series} ${row.start} ${row.end}`
      const before = known.get(key)
      if (before !== undefined) {
        expect(row).toEqual(before)
        again++
      }
      known.set(key, row)
    }
    const found = sums([...known.values()])
    console.log(
      `${batches.length} batches, ${counted} counted, ${again} points came again after ${KILLS} kills`,
    )
    expect(found['adds{}']).toBe(counted)
    // A successor cannot know that the last batch had arrived.
    expect(again).toBeGreaterThan(0)
    // The whole, as nobody has to remember it.
    const { reader } = reading(CUMULATIVE, { export: 'every' })
    expect(sums(rows(await scopes(reader)))).toEqual(found)
    // Each batch begins where the one before it ended.
    const times = [...new Set([...known.values()].map(({ start, end }) => `${start} ${end}`))]
      .map((text) => text.split(' ').map(Number) as [number, number])
      .sort(([a], [b]) => a - b)
    for (const [i, [start, end]] of times.entries()) {
      expect(end).toBeGreaterThan(start)
      if (i > 0) expect(start).toBe(times[i - 1]?.[1])
    }
  })

  test('cumulative points never go back, and never begin anew', async () => {
    const out = join(folder, 'batches')
    const counted = await killing('CUMULATIVE', out)
    const all = written(out).flat()
    const last = new Map<string, number>()
    for (const { series, value } of all) {
      expect(value).toBeGreaterThanOrEqual(last.get(series) ?? 0)
      last.set(series, value as number)
    }
    expect(last.get('adds{}')).toBe(counted)
    expect(new Set(all.map(({ start }) => start)).size).toBe(1)
  })
})

describe('the state of deltas', () => {
  const state = (): string => `${file}.otel-0`

  /** Deltas of a provider of this process; the one before is shut down. */
  async function next(): Promise<Record<string, number>> {
    await providers.pop()?.shutdown()
    const { reader, provider } = reading(DELTA)
    provider.getMeter('test').createCounter('adds').add(1)
    return sums(rows(await scopes(reader)))
  }

  test('is a file beside the region, for nobody else to read', async () => {
    expect(await next()).toEqual({ 'adds{}': 1 })
    expect(execFileSync('stat', ['-c', '%a', state()], { encoding: 'utf8' })).toBe('600\n')
    expect(readdirSync(folder).sort()).toEqual(['region', 'region.otel-0'])
    expect(await next()).toEqual({ 'adds{}': 1 })
    expect(said).toEqual([])
  })

  test('that does not say its reader and its batches, as older versions write it, is gone on with', async () => {
    expect(await next()).toEqual({ 'adds{}': 1 })
    await providers.pop()?.shutdown()
    const { reader, batches, ...older } = JSON.parse(readFileSync(state(), 'utf8')) as Record<string, unknown>
    expect([reader, batches]).toEqual([0, 1])
    writeFileSync(state(), JSON.stringify(older))
    expect([await next(), said]).toEqual([{ 'adds{}': 1 }, []])
  })

  test.each([
    ['is of an earlier batch', (_: string, first: string) => first],
    ['is of another reader', (now: string) => now.replace('"reader":0', '"reader":1')],
    ['has too many batches', (now: string) => now.replace('"batches":2', '"batches":4')],
  ])('that %s is not believed', async (_, other) => {
    expect(await next()).toEqual({ 'adds{}': 1 })
    const first = readFileSync(state(), 'utf8')
    expect(await next()).toEqual({ 'adds{}': 1 })
    await providers.pop()?.shutdown()
    writeFileSync(state(), other(readFileSync(state(), 'utf8'), first))
    // Nothing comes twice.
    expect(await next()).toEqual({})
    expect(said).toEqual([expect.stringContaining('the state of delta export is lost')])
  })

  test('with a mode that lets others have it is not believed, and the next one has mode 0600', async () => {
    expect(await next()).toEqual({ 'adds{}': 1 })
    await providers.pop()?.shutdown()
    chmodSync(state(), 0o644)
    expect(await next()).toEqual({})
    expect(said).toEqual([expect.stringContaining('other users may have access to it')])
    expect(statSync(state()).mode & 0o777).toBe(0o600)
  })

  test('that a killed process was about to write is replaced', async () => {
    writeFileSync(`${state()}.new`, 'half', { mode: 0o600 })
    expect(await next()).toEqual({ 'adds{}': 1 })
    expect([readdirSync(folder).sort(), said]).toEqual([['region', 'region.otel-0'], []])
  })

  test.each([
    ['is not JSON', () => 'x'],
    ['was cut short', (text: string) => text.slice(0, -10)],
    ['has no number where one should be', (text: string) => text.replace(/\[1\]/, '["1"]')],
    ['is of another region', (text: string) => text.replace(/"region":"/, '"region":"f')],
    ['is gone', () => null],
  ])('that %s is said, and deltas begin anew', async (_, damage) => {
    expect(await next()).toEqual({ 'adds{}': 1 })
    await providers.pop()?.shutdown()
    const damaged = damage(readFileSync(state(), 'utf8'))
    if (damaged === null) rmSync(state())
    else writeFileSync(state(), damaged)
    expect(await next()).toEqual({})
    expect(said).toEqual([expect.stringContaining('the state of delta export is lost')])
    expect(await next()).toEqual({ 'adds{}': 1 })
  })

  test('of a region that was there before says nothing of a new one', async () => {
    expect(await next()).toEqual({ 'adds{}': 1 })
    await providers.pop()?.shutdown()
    rmSync(file)
    const other = join(folder, 'other')
    cpSync(state(), `${other}.otel-0`)
    file = other
    expect(await next()).toEqual({ 'adds{}': 1 })
    expect(said).toEqual([])
  })

  test('has the last batch whole, with extremes that others have left behind since', async () => {
    const first = reading(DELTA)
    const histogram = first.provider.getMeter('test').createHistogram('sizes')
    for (const x of [5, 0.25]) histogram.record(x)
    const batch = await scopes(first.reader)
    expect(rows(batch)).toMatchObject([{ value: { count: 2, min: 0.25, max: 5 } }])
    const left = readFileSync(state())
    await providers.pop()?.shutdown()
    // As if it had been killed instead.
    writeFileSync(state(), left)
    for (const x of [100, 0.125]) histogram.record(x)
    const second = reading(DELTA)
    expect(await scopes(second.reader)).toEqual(batch)
    expect(rows(await scopes(second.reader))).toMatchObject([
      { value: { count: 2, sum: 100.125, min: undefined } },
    ])
  })

  test('has no pending batch any more once a flush has succeeded', async () => {
    expect(await next()).toEqual({ 'adds{}': 1 })
    const pending = () => (JSON.parse(readFileSync(state(), 'utf8')) as { pending: unknown }).pending
    expect(pending()).not.toBe(null)
    await providers[0]?.forceFlush()
    expect(pending()).toBe(null)
  })

  test('that cannot be written keeps deltas back, and loses none', async () => {
    const { reader, provider } = reading(DELTA)
    provider.getMeter('test').createCounter('adds').add(1)
    renameSync(folder, `${folder}-away`)
    const { resourceMetrics, errors } = await reader.collect()
    expect([resourceMetrics.scopeMetrics, errors.length]).toEqual([[], 1])
    renameSync(`${folder}-away`, folder)
    expect(sums(rows(await scopes(reader)))).toEqual({ 'adds{}': 1 })
  })

  test('goes with the region of a service, and so does one that was left behind', () => {
    const orphan = '/dev/shm/rseq-0-999999999-1-0123456789ab.otel-0'.replace('-0-', `-${process.getuid?.()}-`)
    const strange = `${orphan}x`
    for (const path of [orphan, strange]) writeFileSync(path, '{}')
    const script = `
      const { MetricReader, AggregationTemporality } = require('@opentelemetry/sdk-metrics')
      const { MeterProvider } = require('rseq/opentelemetry')
      const { Region } = require('rseq')
      const reader = new (class extends MetricReader {})({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA })
      const provider = new MeterProvider({ readers: [reader] })
      provider.getMeter('m').createCounter('c').add(1)
      reader.collect().then(() => {
        const { readdirSync } = require('node:fs')
        console.log(JSON.stringify([Region.service.path, readdirSync('/dev/shm')]))
      })`
    const output = execFileSync(process.execPath, ['-e', script], { cwd: root, env, encoding: 'utf8' })
    const [path, during] = JSON.parse(output) as [string, string[]]
    const after = readdirSync('/dev/shm')
    rmSync(strange)
    expect(dirname(path)).toBe('/dev/shm')
    expect(during).toContain(`${basename(path)}.otel-0`)
    expect(during).not.toContain(basename(orphan))
    expect(after.filter((name) => name.startsWith(basename(path)))).toEqual([])
    expect(after).toContain(basename(strange))
  })
})

describe('a clock that is set back by a day', () => {
  afterEach(() => {
    vi.useRealTimers()
  })
  const setBack = (): void => {
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(Date.now() - 86_400_000)
  }

  test('leaves deltas exact, each batch after the one before', async () => {
    const first = reading(DELTA)
    const counter = first.provider.getMeter('test').createCounter('adds')
    const all: Row[] = []
    const collect = async (reader: Reader, n: number) => {
      counter.add(n)
      all.push(...rows(await scopes(reader)))
    }
    await collect(first.reader, 1)
    setBack()
    await collect(first.reader, 2)
    await collect(first.reader, 4)
    await first.provider.shutdown()
    const second = reading(DELTA)
    await collect(second.reader, 8)
    expect(all.map(({ value }) => value)).toEqual([1, 2, 4, 8])
    for (const [i, { start, end }] of all.entries()) {
      expect(end).toBeGreaterThan(start)
      if (i > 0) expect(start).toBe(all[i - 1]?.end)
    }
    expect(said).toEqual([])
  })

  test('leaves no cumulative point that ends before it starts, and moves starts once', async () => {
    const { reader, provider } = reading(CUMULATIVE)
    const counter = provider.getMeter('test').createCounter('adds')
    setBack()
    const starts = new Set<number>()
    for (const value of [1, 2, 3]) {
      counter.add(1)
      const [row] = rows(await scopes(reader))
      expect(row?.value).toBe(value)
      expect(row?.end).toBeGreaterThanOrEqual(row?.start as number)
      starts.add(row?.start as number)
      vi.setSystemTime(Date.now() + 1000)
    }
    expect(starts.size).toBe(1)
  })

  test('stops no timer that publishes what observables say', async () => {
    const { reader } = reading(CUMULATIVE)
    const other = reading(CUMULATIVE, { observeIntervalMillis: 5 })
    setBack()
    let x = 1
    other.provider
      .getMeter('test')
      .createObservableCounter('seen')
      .addCallback((result) => result.observe(x))
    for (x of [1, 2]) {
      await vi.waitFor(async () => expect(rows(await scopes(reader))).toMatchObject([{ value: x }]), 5000)
    }
  })
})

describe('without OpenTelemetry', () => {
  const bare = (): string => {
    const installed = join(folder, 'node_modules', 'rseq')
    for (const name of ['package.json', 'lib'])
      cpSync(join(root, name), join(installed, name), { recursive: true })
    return folder
  }
  const run = (script: string, cwd: string) =>
    spawnSync(process.execPath, ['-e', script], { cwd, encoding: 'utf8' })

  test.each([
    [
      'require',
      "try { require('rseq/opentelemetry') } catch (error) { console.log(error.code, error.message) }",
    ],
    ['import', "import('rseq/opentelemetry').catch((error) => console.log(error.code, error.message))"],
  ])('%s says what to install', (_, script) => {
    const { stdout, stderr } = run(script, bare())
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^ERR_RSEQ_PEER .*npm install @opentelemetry\/api @opentelemetry\/sdk-metrics\n$/)
  })

  test('version 1 of the SDK is refused with a word about version 2', () => {
    const cwd = bare()
    for (const name of ['api', 'sdk-metrics']) {
      const path = join(cwd, 'node_modules', '@opentelemetry', name)
      mkdirSync(path, { recursive: true })
      writeFileSync(join(path, 'index.js'), 'exports.View = class {}')
    }
    const { stdout } = run(
      "try { require('rseq/opentelemetry') } catch (error) { console.log(error.code, error.message) }",
      cwd,
    )
    expect(stdout).toMatch(/^ERR_RSEQ_PEER .*version 2/)
  })

  test('the main entry needs nothing of it, and loads nothing of it', () => {
    const script = `
      const { PerCpuCounter } = require('rseq')
      PerCpuCounter.named('c').inc()
      console.log(Object.keys(require.cache).filter((path) => path.includes('opentelemetry')).length)`
    expect(run(script, bare()).stdout).toBe('0\n')
    expect(run(script, root).stdout).toBe('0\n')
  })
})

test('what is counted with names of the core is not exported', async () => {
  const { reader, region } = reading(CUMULATIVE)
  PerCpuCounter.named('adds', { region }).add(5)
  expect(await scopes(reader)).toEqual([])
})
