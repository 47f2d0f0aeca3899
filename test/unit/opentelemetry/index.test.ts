import { once } from 'node:events'
import { createServer } from 'node:http'
import { Worker } from 'node:worker_threads'
import { type DiagLogger, DiagLogLevel, diag, type Meter, ValueType } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import {
  AggregationTemporality,
  AggregationType,
  createAllowListAttributesProcessor,
  InMemoryMetricExporter,
  InstrumentType,
  MetricReader,
  type MetricReaderOptions,
  PeriodicExportingMetricReader,
  type ScopeMetrics,
  MeterProvider as SdkMeterProvider,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics'
import { PerCpuCounter, Region } from 'rseq'
import { MeterProvider, type MeterProviderOptions } from 'rseq/opentelemetry'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hasAddon } from '../../support/world'

const { CUMULATIVE, DELTA } = AggregationTemporality

class Reader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

const reader = (temporality = CUMULATIVE, options: MetricReaderOptions = {}): Reader =>
  new Reader({ aggregationTemporalitySelector: () => temporality, ...options })

let serial = 0
/** A meter's name that no other test uses: without the addon, all of them count in one memory. */
const unique = (): string => `meter ${++serial}.`

const regions: Region[] = []
/** Memory that no other test counts in, where there can be some. */
function fresh(): Region {
  if (!hasAddon) return Region.process
  const region = Region.create({ memfd: true, cells: 16_384 })
  regions.push(region)
  return region
}

let said: string[] = []
/** What the logger does beside. */
let onWarning = (): void => {}
beforeEach(() => {
  said = []
  onWarning = () => {}
  const note =
    (level: string) =>
    (...words: unknown[]) => {
      said.push(`${level}: ${words.join(' ')}`)
      if (level === 'warn') onWarning()
    }
  const logger = Object.fromEntries(
    ['error', 'warn', 'info', 'debug', 'verbose'].map((level) => [level, note(level)]),
  )
  diag.setLogger(logger as unknown as DiagLogger, {
    logLevel: DiagLogLevel.WARN,
    suppressOverrideMessage: true,
  })
})
afterEach(() => {
  diag.disable()
  for (const region of regions.splice(0)) region.close()
})

const text = (value: unknown): string => JSON.stringify(value)
const by =
  <T>(what: (one: T) => string) =>
  (a: T, b: T): number =>
    what(a) < what(b) ? -1 : 1

/** What both have to agree on: all but times, the order, and advice, which is of the instrument and not of a point. */
function shown(scopes: readonly ScopeMetrics[], hasExtremes = true): unknown {
  return scopes
    .map(({ scope, metrics }) => ({
      scope: { ...scope },
      metrics: metrics
        .map((metric) => ({
          ...metric,
          descriptor: { ...metric.descriptor, advice: undefined },
          dataPoints: metric.dataPoints
            .map(({ attributes, value }) => ({
              attributes: Object.fromEntries(Object.entries(attributes).sort()),
              value:
                typeof value === 'number' || hasExtremes
                  ? value
                  : { ...value, min: undefined, max: undefined },
            }))
            .sort(by((point) => text(point.attributes))),
        }))
        .sort(by((metric) => metric.descriptor.name + metric.dataPointType)),
    }))
    .sort(by(({ scope }) => text(scope)))
}

/** What the meters say whose names begin like that. */
async function collected(from: MetricReader, name: string): Promise<ScopeMetrics[]> {
  const { resourceMetrics, errors } = await from.collect()
  expect(errors).toEqual([])
  return resourceMetrics.scopeMetrics.filter(({ scope }) => scope.name.startsWith(name))
}

/** The first point of each of its metrics. */
async function values(from: MetricReader, name: string): Promise<unknown[]> {
  const scopes = await collected(from, name)
  return scopes.flatMap(({ metrics }) => metrics.map(({ dataPoints }) => dataPoints[0]?.value))
}

/** Has both providers do the same, and compares what they export after each step. */
async function compare(
  temporality: AggregationTemporality,
  viewsOf: (meter: string) => ViewOptions[],
  ...steps: ((meter: Meter, getMeter: MeterProvider['getMeter']) => void)[]
): Promise<ScopeMetrics[]> {
  const name = unique()
  const views = viewsOf(name)
  const readers = [reader(temporality), reader(temporality)] as const
  const sdk = new SdkMeterProvider({ readers: [readers[0]], views })
  const own = new MeterProvider({ readers: [readers[1]], views, region: fresh() })
  const meters = [sdk, own].map((one) => one.getMeter(name, '1.2.3', { schemaUrl: 'https://example.org/1' }))
  let last: ScopeMetrics[] = []
  for (const [i, step] of steps.entries()) {
    for (const [which, provider] of [sdk, own].entries()) {
      step(meters[which] as Meter, (more, ...rest) => provider.getMeter(name + more, ...rest))
    }
    const expected = await collected(readers[0], name)
    last = await collected(readers[1], name)
    // Extremes of an interval cannot be told from what all processes have counted, but of the first one.
    const hasExtremes = temporality === CUMULATIVE || i === 0
    expect(shown(last, hasExtremes)).toEqual(shown(expected, hasExtremes))
  }
  await own.shutdown()
  return last
}

/** Every kind of instrument, with attributes of every type. */
function everything(meter: Meter): void {
  const counter = meter.createCounter('requests', { description: 'Requests', unit: '{request}' })
  counter.add(3)
  counter.add(0.25)
  counter.add(2, { method: 'GET', code: 200, cached: true })
  counter.add(4, { code: 200, cached: true, method: 'GET' })
  counter.add(1, { code: '200' })
  counter.add(1, { list: ['a', 'b'], numbers: [1, 2.5], flags: [true, false] })
  meter.createCounter('whole', { valueType: ValueType.INT }).add(7)
  const level = meter.createUpDownCounter('level', { unit: 'By' })
  level.add(10)
  level.add(-12.5)
  const sizes = meter.createHistogram('sizes', { unit: 'ms' })
  for (const x of [0, 5, 5.5, 300, 1e9, 0.1]) sizes.record(x, { kind: 'x' })
  const own = meter.createHistogram('own', { advice: { explicitBucketBoundaries: [1, 2, 4] } })
  for (const x of [1, 1.5, 4, 8]) own.record(x)
  meter.createGauge('temperature').record(21.5, { room: 1 })
}

describe.each([
  ['cumulative', CUMULATIVE],
  ['delta', DELTA],
])('what is exported, %s', (_, temporality) => {
  test("is what the SDK's own provider exports", async () => {
    const scopes = await compare(temporality, () => [], everything, everything)
    expect(scopes[0]?.metrics).toHaveLength(6)
    expect(said).toEqual([])
  })

  test('is the same of observable instruments', async () => {
    let round = 0
    const observe = (meter: Meter): void => {
      meter.createObservableCounter('seen').addCallback((result) => {
        result.observe(10 * round, { queue: 'a' })
        result.observe(0.5 + round, { queue: 'b' })
      })
      const held = meter.createObservableUpDownCounter('held')
      const mood = meter.createObservableGauge('mood')
      meter.addBatchObservableCallback(
        async (result) => {
          result.observe(held, -round, { queue: 'a' })
          result.observe(mood, 7 + round)
        },
        [held, mood],
      )
    }
    const next = (): void => {
      round++
    }
    round = 1
    await compare(temporality, () => [], observe, next, next)
  })

  test('is the same with views', async () => {
    const views = (meterName: string): ViewOptions[] => [
      { instrumentName: 'requests', name: 'renamed', description: 'Other' },
      {
        instrumentName: 'requests',
        name: 'by code',
        attributesProcessors: [createAllowListAttributesProcessor(['code'])],
      },
      { instrumentName: 'whole', aggregation: { type: AggregationType.DROP } },
      { instrumentName: 'si*', aggregation: { type: AggregationType.SUM } },
      {
        instrumentType: InstrumentType.UP_DOWN_COUNTER,
        aggregation: {
          type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
          options: { boundaries: [-1, 0, 20] },
        },
      },
      {
        instrumentName: 'own',
        meterName,
        aggregation: {
          type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
          options: { boundaries: [], recordMinMax: false },
        },
      },
      { instrumentName: 'temperature', meterName: 'another', name: 'never' },
    ]
    await compare(temporality, views, everything, everything)
  })

  test('keeps meters apart', async () => {
    await compare(
      temporality,
      () => [],
      (_meter, getMeter) => {
        for (const [name, version] of [['a'], ['b'], ['a', '2']] as const) {
          getMeter(name, version).createCounter('same').add(1)
        }
      },
    )
  })
})

describe('times', () => {
  test('of cumulative points start together and stay, those of deltas follow each other', async () => {
    const region = fresh()
    const [totals, deltas] = [reader(), reader(DELTA)]
    const provider = new MeterProvider({ readers: [totals, deltas], region })
    const counter = provider.getMeter('times').createCounter('adds')
    const times = async (from: Reader) => {
      counter.add(1)
      const [point] = (await collected(from, 'times'))[0]?.metrics[0]?.dataPoints ?? []
      return [point?.startTime, point?.endTime]
    }
    const [first, second] = [await times(totals), await times(totals)]
    expect(second[0]).toEqual(first[0])
    const [one, two, three] = [await times(deltas), await times(deltas), await times(deltas)]
    // There, other tests' deltas were delivered before.
    if (hasAddon) expect(one[0]).toEqual(first[0])
    expect([two[0], three[0]]).toEqual([one[1], two[1]])
    expect(two[1]).not.toEqual(two[0])
    await provider.shutdown()
  })

  test('a delta that is nothing is left out', async () => {
    const deltas = reader(DELTA)
    const provider = new MeterProvider({ readers: [deltas], region: fresh() })
    provider.getMeter('nothing').createCounter('adds').add(1)
    expect(await collected(deltas, 'nothing')).toHaveLength(1)
    expect(await collected(deltas, 'nothing')).toEqual([])
    await provider.shutdown()
  })
})

describe('attributes', () => {
  const points = async (use: (meter: Meter) => void) => {
    const from = reader()
    const provider = new MeterProvider({ readers: [from], region: fresh() })
    const name = unique()
    use(provider.getMeter(name))
    const scopes = await collected(from, name)
    await provider.shutdown()
    const points = scopes[0]?.metrics[0]?.dataPoints
    return (points ?? []).map(({ attributes, value }) => [attributes, value])
  }

  test('come back with their types, whatever their keys and texts', async () => {
    const attributes = {
      'rseq.scope': 'mine',
      'rseq.process': 'x',
      '\u0001key': '\u0001"quoted"',
      number: -0.5,
      nan: Number.NaN,
      infinite: Number.POSITIVE_INFINITY,
      text: '1',
      truth: false,
      empty: [],
      mixed: ['a', null],
      ключ: '✓',
    }
    expect(await points((meter) => meter.createCounter('c').add(1, attributes))).toEqual([[attributes, 1]])
  })

  test('are told by what they say, not by the object', async () => {
    const found = await points((meter) => {
      const counter = meter.createCounter('c')
      const reused = { route: '/a', list: ['x'] }
      counter.add(1, reused)
      reused.list.push('y')
      counter.add(10, reused)
      reused.list.pop()
      counter.add(100, reused)
      const plain = { route: '/b' }
      counter.add(1, plain)
      counter.add(1, plain)
      plain.route = '/c'
      counter.add(5, plain)
    })
    expect(found).toEqual([
      [{ route: '/a', list: ['x'] }, 101],
      [{ route: '/a', list: ['x', 'y'] }, 10],
      [{ route: '/b' }, 2],
      [{ route: '/c' }, 5],
    ])
  })

  test('that cannot be kept lose a measurement, and nothing is thrown', async () => {
    const found = await points((meter) => {
      const counter = meter.createCounter('c')
      counter.add(1, { long: 'x'.repeat(40_000) })
      counter.add(1, { big: 1n as never })
      counter.add(1, null as never)
      counter.add(1, { half: '\ud800' })
    })
    expect(found).toEqual([
      [{}, 1],
      [{ half: '\ufffd' }, 1],
    ])
    expect(said.filter((line) => line.startsWith('error: '))).toHaveLength(2)
  })

  test('beyond the limit are counted together, as the SDK counts them', async () => {
    await compare(
      CUMULATIVE,
      () => [{ instrumentName: '*', aggregationCardinalityLimit: 3 }],
      (meter) => {
        const counter = meter.createCounter('c')
        for (let i = 0; i < 10; i++) counter.add(1, { i })
      },
    )
  })

  test('of any kind: nothing throws where something is measured', async () => {
    const from = reader()
    const provider = new MeterProvider({ readers: [from], region: fresh() })
    const name = unique()
    const meter = provider.getMeter(name)
    const all = [meter.createCounter('c'), meter.createUpDownCounter('u')]
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    const hostile: unknown[] = [
      { big: 1n, symbol: Symbol('s'), function: () => 1 },
      { cyclic },
      { 'a="x"} 1\nforged': '"} 1\nforged', '': '', 'rseq.scope': 'prom', '\u0001': '\u0001{"a":1}' },
      JSON.parse('{"__proto__":"p","constructor":"c"}'),
      { long: 'x'.repeat(40_000) },
      new Proxy({}, { ownKeys: () => ['a', 'a'] }),
      {
        get thrown() {
          throw new Error('of a getter')
        },
      },
      'text',
      7,
    ]
    for (const one of all) for (const attributes of hostile) one.add(1, attributes as never)
    const scopes = await collected(from, name)
    const shownOf = scopes[0]?.metrics.map(({ dataPoints }) =>
      dataPoints.map(({ attributes }) => Object.entries(attributes).sort()),
    )
    const forged = shownOf?.[0]?.find((pairs) => pairs.some(([key]) => key.includes('forged')))
    expect(forged).toContainEqual(['rseq.scope', 'prom'])
    expect(forged).toContainEqual(['\u0001', '\u0001{"a":1}'])
    expect(shownOf?.[0]).toContainEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ])
    await provider.shutdown()
  })

  test('that others have written to the region: points stay points', async () => {
    const from = reader()
    const region = fresh()
    const provider = new MeterProvider({ readers: [from], region })
    const name = unique()
    const counter = provider.getMeter(name).createCounter('c')
    counter.add(1)
    const scope = region.list().find(({ labels }) => labels['rseq.scope']?.includes(name))?.labels[
      'rseq.scope'
    ] as string
    const write = (entry: string, labels: Record<string, string>): PerCpuCounter =>
      PerCpuCounter.named(entry, { region, labels: { ...labels, 'rseq.scope': scope } })
    const all = [
      write('another name', {}),
      write('c', { object: '\u0001{"a":1}', null: '\u0001null', nested: '\u0001[[1]]' }),
      PerCpuCounter.named('c', { region, labels: { 'rseq.scope': scope.replace('COUNTER', 'toString') } }),
    ]
    const [found] = await collected(from, name)
    expect(found?.metrics.length).toBe(1)
    expect(found?.metrics[0]?.dataPoints.map(({ attributes, value }) => [attributes, value])).toEqual([
      [{}, 1],
      [{ nested: '[[1]]', null: 'null', object: '{"a":1}' }, 0],
    ])
    for (const one of all) one.close()
    await provider.shutdown()
  })

  test('that find no room are counted in the process, which cumulative points have and deltas do not', async () => {
    if (!hasAddon) return
    const region = Region.create({ memfd: true, cells: 8192 })
    regions.push(region)
    const readers = [reader(), reader(DELTA)]
    const provider = new MeterProvider({ readers, region, export: 'one' })
    const name = unique()
    const meter = provider.getMeter(name)
    const counter = meter.createCounter('c')
    counter.add(1, { i: 'before' })
    const fill: PerCpuCounter[] = []
    expect(() => {
      for (;;) fill.push(new PerCpuCounter({ region }))
    }).toThrow('no free cell')
    const gauge = meter.createGauge('g')
    const histogram = meter.createHistogram('h')
    // A logger that measures has no room for that either.
    onWarning = () => counter.add(0, { i: 'of the logger' })
    for (let i = 0; i < 50; i++) {
      counter.add(2, { i })
      counter.add(0.5, { i })
      gauge.record(i, { i })
      histogram.record(i, { i })
    }
    counter.add(0.25, { i: 'before' })
    const sums = async (from: Reader): Promise<Record<string, number>> => {
      const [scope] = await collected(from, name)
      return Object.fromEntries(
        (scope?.metrics ?? []).map(({ descriptor, dataPoints }) => [
          descriptor.name,
          dataPoints.reduce(
            (sum, { value }) => sum + (typeof value === 'number' ? value : (value.sum ?? 0)),
            0,
          ),
        ]),
      )
    }
    expect(await sums(readers[0] as Reader)).toEqual({ c: 126.25, g: 1225, h: 1225 })
    // Gauges are no deltas.
    expect(await sums(readers[1] as Reader)).toEqual({ c: 1, g: 1225 })
    expect(said.filter((line) => line.includes('no room for new attributes'))).toHaveLength(1)
    expect(said.filter((line) => line.startsWith('error: '))).toEqual([])
    for (const one of fill) one.close()
    await provider.shutdown()
  })

  test('that found no room in another thread, or by another object of the region, are exported, too', async () => {
    const region = hasAddon ? Region.create({ memfd: true, cells: 8192 }) : Region.process
    const { path } = region
    const other = path === null ? region : Region.attach(path)
    if (path !== null) regions.push(region, other)
    const name = unique()
    const readers = [reader(), reader()] as const
    const first = new MeterProvider({ readers: [readers[0]], region, export: 'every' })
    const second = new MeterProvider({ readers: [readers[1]], region: other, export: 'every' })
    const sum = async (from: Reader): Promise<number> => {
      const [scope] = await collected(from, name)
      const counts = scope?.metrics.flatMap(({ dataPoints }) => dataPoints.map(({ value }) => Number(value)))
      return (counts ?? []).reduce((total, value) => total + value, 0)
    }
    expect(await sum(readers[0])).toBe(0)
    const script = `
      const { createRequire } = require('node:module')
      const { parentPort, workerData: { from, name, path } } = require('node:worker_threads')
      const load = createRequire(from)
      const { Region } = load('rseq')
      const { MeterProvider } = load('rseq/opentelemetry')
      const region = path === null ? Region.process : Region.attach(path)
      const meter = new MeterProvider({ readers: [], region }).getMeter(name)
      for (const counter of ['a', 'b'].map((one) => meter.createCounter(one)))
        for (let x = 0; x < 1500; x++) counter.add(1, { x })
      parentPort.once('message', () => process.exit())
      parentPort.postMessage('counted')`
    const worker = new Worker(script, { eval: true, workerData: { from: import.meta.url, name, path } })
    await once(worker, 'message')
    if (hasAddon) expect(() => new PerCpuCounter({ region })).toThrow('no free cell')
    for (const from of readers) expect(await sum(from)).toBe(3000)
    second.getMeter(name).createCounter('c').add(1, { x: 'more' })
    for (const from of readers) expect(await sum(from)).toBe(3001)
    const exit = once(worker, 'exit')
    worker.postMessage('end')
    await exit
    for (const from of readers) expect(await sum(from)).toBe(3001)
    for (const one of [first, second]) await one.shutdown()
  })

  test('a processor of the program decides each time', async () => {
    let suffix = 'a'
    const processor = { process: () => ({ suffix }) }
    const from = reader()
    const views = [{ instrumentName: 'c', attributesProcessors: [processor] }]
    const provider = new MeterProvider({ readers: [from], region: fresh(), views })
    const counter = provider.getMeter('processor').createCounter('c')
    for (suffix of ['a', 'b', 'a']) counter.add(1)
    const [scope] = await collected(from, 'processor')
    expect(scope?.metrics[0]?.dataPoints.map(({ attributes, value }) => [attributes.suffix, value])).toEqual([
      ['a', 2],
      ['b', 1],
    ])
    await provider.shutdown()
  })
})

describe('wrong values', () => {
  test('are treated as the SDK treats them', async () => {
    await compare(
      CUMULATIVE,
      () => [],
      (meter) => {
        const counter = meter.createCounter('c')
        counter.add(1)
        counter.add(-1)
        counter.add('2' as never)
        counter.add(undefined as never)
        const whole = meter.createCounter('i', { valueType: ValueType.INT })
        whole.add(2.75)
        whole.add(Number.NaN)
        const histogram = meter.createHistogram('h')
        histogram.record(1)
        histogram.record(-1)
        histogram.record(Number.NaN)
        const gauge = meter.createGauge('g')
        gauge.record(Number.NEGATIVE_INFINITY)
        gauge.record(null as never)
      },
    )
    expect(said.length).toBeGreaterThanOrEqual(14)
    expect(said.filter((line) => !line.startsWith('warn: '))).toEqual([])
  })

  test('that would spoil a sum of many processes for ever are refused', async () => {
    const from = reader()
    const provider = new MeterProvider({ readers: [from], region: fresh() })
    const meter = provider.getMeter('spoiling')
    for (const x of [1, Number.NaN, Number.POSITIVE_INFINITY, Symbol('x') as never, 1n as never]) {
      meter.createCounter('c').add(x)
      meter.createUpDownCounter('u').add(x)
      meter.createHistogram('h').record(x)
    }
    expect(await values(from, 'spoiling')).toMatchObject([1, 1, { count: 1, sum: 1 }])
    await provider.shutdown()
  })

  test.each([
    [{ export: 'some' }, RangeError],
    [{ export: 1 }, TypeError],
    [{ gauges: 'omit' }, RangeError],
    [{ observeIntervalMillis: 20_000 }, RangeError],
    [{ readers: [reader(DELTA)], export: 'every' }, RangeError],
    [{ region: {} }, TypeError],
    [{ views: [{}] }, Error],
  ])('options %j are refused', (options, error) => {
    expect(() => new MeterProvider(options as MeterProviderOptions)).toThrow(error)
  })

  test('exponential histograms are refused, of a view and of a reader', () => {
    const aggregation = { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const
    const refused = expect.objectContaining({ code: 'ERR_RSEQ_FEATURE' })
    expect(() => new MeterProvider({ views: [{ instrumentName: 'x', aggregation }] })).toThrow(refused)
    const readers = [reader(CUMULATIVE, { aggregationSelector: () => aggregation })]
    expect(() => new MeterProvider({ readers })).toThrow(refused)
  })
})

describe('observables', () => {
  test('that fail or never answer are errors of the collection, and others go on', async () => {
    const from = reader()
    const provider = new MeterProvider({ readers: [from], region: fresh() })
    const meter = provider.getMeter('failing')
    meter.createObservableGauge('good').addCallback((result) => result.observe(1))
    meter.createObservableGauge('bad').addCallback(() => {
      throw new Error('bad')
    })
    meter.createObservableGauge('never').addCallback(() => new Promise(() => {}))
    const { resourceMetrics, errors } = await from.collect({ timeoutMillis: 20 })
    expect(errors.map(String)).toEqual(['Error: bad', expect.stringContaining('20 ms')])
    const scope = resourceMetrics.scopeMetrics.find(({ scope }) => scope.name === 'failing')
    expect(scope?.metrics.map(({ descriptor }) => descriptor.name)).toEqual(['good'])
    await provider.shutdown({ timeoutMillis: 20 })
    expect(said).toEqual([expect.stringMatching(/^error: .*bad.*20 ms/)])
  })

  test('show what the last round said, and nothing that it did not', async () => {
    const from = reader()
    const provider = new MeterProvider({ readers: [from], region: fresh() })
    const gauge = provider.getMeter('retiring').createObservableGauge('g')
    let key = 'a'
    const say: Parameters<typeof gauge.addCallback>[0] = (result) => result.observe(1, { key })
    const keys = async () =>
      (await collected(from, 'retiring')).flatMap(({ metrics }) =>
        metrics[0]?.dataPoints.map(({ attributes }) => attributes.key),
      )
    gauge.addCallback(say)
    gauge.addCallback(say)
    expect(await keys()).toEqual(['a'])
    key = 'b'
    expect(await keys()).toEqual(['b'])
    key = 'a'
    expect(await keys()).toEqual(['a'])
    await provider.shutdown()
  })

  test('a counter that begins anew goes on rising', async () => {
    const from = reader()
    const provider = new MeterProvider({ readers: [from], region: fresh() })
    const saying = [5, 8, 2, 3]
    const counter = provider.getMeter('rising').createObservableCounter('c')
    counter.addCallback((result) => result.observe(saying.shift() ?? 3))
    const seen = []
    while (saying.length > 0) seen.push(...(await values(from, 'rising')))
    expect(seen).toEqual([5, 8, 10, 11])
    await provider.shutdown()
  })
})

describe('readers and exporters of the SDK', () => {
  test('one that exports periodically gets each delta once, and the resource', async () => {
    const exporter = new InMemoryMetricExporter(DELTA)
    const readers = [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 })]
    const provider = new MeterProvider({ readers, region: fresh() })
    const counter = provider.getMeter('periodic').createCounter('c')
    const expected = [3, 4, 5]
    for (const n of expected) {
      counter.add(n)
      await provider.forceFlush()
    }
    const values = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.filter(({ scope }) => scope.name === 'periodic'))
      .map(({ metrics }) => metrics[0]?.dataPoints[0]?.value)
    expect(values).toEqual(expected)
    expect(exporter.getMetrics()[0]?.resource.attributes['telemetry.sdk.name']).toBe('opentelemetry')
    await provider.shutdown()
    await provider.shutdown()
    provider.getMeter('late').createCounter('c').add(1)
    expect(said.filter((line) => line.includes('shut down'))).toHaveLength(2)
  })

  test('a page for Prometheus has the same text', async () => {
    const pages = []
    const own = (exporter: PrometheusExporter) => new MeterProvider({ readers: [exporter], region: fresh() })
    const sdk = (exporter: PrometheusExporter) => new SdkMeterProvider({ readers: [exporter] })
    for (const make of [own, sdk]) {
      const exporter = new PrometheusExporter({ preventServerStart: true, appendTimestamp: false })
      const provider = make(exporter)
      everything(provider.getMeter('page'))
      const server = createServer((request, response) => exporter.getMetricsRequestHandler(request, response))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as { port: number }
      pages.push(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())
      server.close()
      server.closeAllConnections()
    }
    const lines = (page: string | undefined) =>
      (page ?? '')
        .split('\n')
        .filter((line) => hasAddon || line.includes('"page"'))
        .map((line) => line.replace(/\{(.*)\}/, (_, all: string) => `{${all.split(/,(?=\w+=)/).sort()}}`))
        .sort()
    expect(lines(pages[0]).length).toBeGreaterThan(30)
    expect(lines(pages[0])).toEqual(lines(pages[1]))
  })

  test('two that aggregate differently get what each wants', async () => {
    const totals = reader()
    const buckets = reader(CUMULATIVE, {
      aggregationSelector: () => ({
        type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
        options: { boundaries: [1, 2] },
      }),
    })
    const provider = new MeterProvider({ readers: [totals, buckets], region: fresh() })
    provider.getMeter('both').createCounter('c').add(2)
    expect(await values(totals, 'both')).toEqual([2])
    expect(await values(buckets, 'both')).toMatchObject([{ count: 1, buckets: { counts: [0, 1, 0] } }])
    await provider.shutdown()
  })

  test('one that measures itself does so here', async () => {
    const from = reader()
    const provider = new MeterProvider({ readers: [from], region: fresh(), sdkMetricsEnabled: true })
    await from.collect()
    const [scope] = await collected(from, '@opentelemetry/sdk-metrics')
    expect(scope?.metrics[0]?.dataPoints[0]?.value).toMatchObject({ count: 1 })
    await provider.shutdown()
  })

  test('the second provider of a thread waits for the first to be shut down', async () => {
    const region = fresh()
    const [first, second] = [reader(), reader()]
    const one = new MeterProvider({ readers: [first], region })
    const two = new MeterProvider({ readers: [second], region })
    one.getMeter('waiting').createCounter('c').add(1)
    expect(await values(first, 'waiting')).toEqual([1])
    expect(await values(second, 'waiting')).toEqual([])
    await one.shutdown()
    expect(await values(second, 'waiting')).toEqual([1])
    await two.shutdown()
  })

  test('nothing is mixed up with other names of the region', async () => {
    const region = fresh()
    const from = reader()
    const provider = new MeterProvider({ readers: [from], region })
    PerCpuCounter.named('c', { region }).add(100)
    provider.getMeter('apart').createCounter('c').add(1)
    expect(await values(from, 'apart')).toEqual([1])
    expect(PerCpuCounter.named('c', { region }).value).toBe(100)
    await provider.shutdown()
  })
})
