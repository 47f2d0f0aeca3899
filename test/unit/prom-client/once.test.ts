// A page says each sample once, whatever prom-client, a region or a registry's labels have of it.
import { PerCpuCounter, type Region } from 'rseq'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Gauge as ProcessGauge } from '../../../lib/metrics/gauge.js'
import { type Format, parsed } from '../../support/exposition'
import { leaveRegion, original, ownRegion, shared } from '../../support/prom-clients'

const { Registry, register } = shared

let region: Region
beforeEach(() => {
  region = ownRegion()
})
afterEach(() => leaveRegion(region))

type Shown = { setContentType(type: never): void; metrics(): Promise<string> }

/** The samples of both pages, which strict readers can read, without names that OpenMetrics alone has. */
async function samples(registry: Shown): Promise<string[]> {
  const found = new Set<string>()
  const types = {
    prometheus: Registry.PROMETHEUS_CONTENT_TYPE,
    openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
  }
  for (const format of Object.keys(types) as Format[]) {
    registry.setContentType(types[format] as never)
    const families = parsed(await registry.metrics(), format)
    registry.setContentType(types.prometheus as never)
    for (const family of families.values())
      for (const { name, labels, value } of family.samples) {
        const shown =
          format === 'openmetrics' && family.type === 'counter' ? name.replace(/_total$/, '') : name
        found.add(`${shown} ${JSON.stringify(Object.fromEntries(labels))} ${value}`)
      }
  }
  return [...found].sort()
}

/** Counts with labels of any types, of which a page says the texts. */
type Loose = Record<string, (...args: unknown[]) => void>
type Kind = 'Counter' | 'Gauge' | 'Histogram' | 'Summary'

function made(client: unknown, kind: Kind, registry: object, options: object): Loose {
  const Class = (client as Record<Kind, new (options: object) => Loose>)[kind]
  return new Class({ name: 'a', help: 'h', registers: [registry], ...options })
}

const CLIENTS = [
  ['prom-client', original],
  ['this package', shared],
] as const

describe.each(CLIENTS)('of a metric of %s', (_, client) => {
  test.each([
    ['a truth and its text', [true, 'true'], 'true'],
    ['a number and its text', [1, '1'], '1'],
    ['nothing and its text', [null, 'null'], 'null'],
    ['a list and its text', [['x', 'y'], 'x,y'], 'x,y'],
    ['lone surrogates', ['\ud800', '\udbff', '\ufffd'], '\ufffd'],
  ])('labels that are written the same: %s', async (_, values, text) => {
    const registry = new Registry()
    const options = { labelNames: ['x'], buckets: [1], percentiles: [0.5] }
    const counter = made(client, 'Counter', registry, { ...options, name: 'c' })
    const gauge = made(client, 'Gauge', registry, { ...options, name: 'g' })
    const histogram = made(client, 'Histogram', registry, { ...options, name: 'h' })
    const summary = made(client, 'Summary', registry, { ...options, name: 's' })
    for (const x of values as unknown[]) {
      counter.inc?.({ x }, 2)
      gauge.inc?.({ x }, 3)
      histogram.observe?.({ x }, 4)
      summary.observe?.({ x }, 5)
    }
    const n = values.length
    const own = JSON.stringify({ x: text })
    const expected = [
      `c ${own} ${2 * n}`,
      `g ${own} ${3 * n}`,
      `h_bucket ${JSON.stringify({ le: '+Inf', x: text })} ${n}`,
      `h_bucket ${JSON.stringify({ le: '1', x: text })} 0`,
      `h_count ${own} ${n}`,
      `h_sum ${own} ${4 * n}`,
      `s ${JSON.stringify({ quantile: '0.5', x: text })} 5`,
      `s_count ${own} ${n}`,
      `s_sum ${own} ${5 * n}`,
    ].sort()
    expect(await samples(registry)).toEqual(expected)
    // What was published is no further line of them.
    expect(await samples(registry)).toEqual(expected)
    for (const name of ['c', 'g', 'h', 's']) {
      const part = `${await registry.getSingleMetricAsString(name)}\n`
      expect(parsed(part, 'prometheus').size).toBe(1)
    }
  })

  test('labels that a registry gives to lines without them', async () => {
    const registry = new Registry()
    const options = { labelNames: ['x', 'y'], buckets: [1] }
    const counter = made(client, 'Counter', registry, { ...options, name: 'c' })
    const gauge = made(client, 'Gauge', registry, { ...options, name: 'g', aggregator: 'max' })
    const histogram = made(client, 'Histogram', registry, { ...options, name: 'h' })
    for (const labels of [{ x: '1' }, { y: '2' }, { x: '1', y: '2' }, { x: '3', y: '2' }]) {
      counter.inc?.(labels, 2)
      gauge.set?.(labels, Object.keys(labels).length)
      histogram.observe?.(labels, 4)
    }
    registry.setDefaultLabels({ x: 1, y: '2', le: '9' })
    const shown = async (): Promise<string[]> =>
      (await samples(registry)).filter((line) => !line.includes('"x":"3"'))
    const line = (value: number) => [
      expect.stringMatching(new RegExp(`^c .* ${value}$`)),
      expect.stringMatching(/^g .* 2$/),
      expect.stringMatching(new RegExp(`^h_bucket .* ${value / 2}$`)),
      expect.stringMatching(/^h_bucket .* 0$/),
      expect.stringMatching(new RegExp(`^h_count .* ${value / 2}$`)),
      expect.stringMatching(new RegExp(`^h_sum .* ${value * 2}$`)),
    ]
    expect(await shown()).toEqual(line(6))
    counter.inc?.({ x: '1' }, 2)
    histogram.observe?.({ y: '2' }, 4)
    expect(await shown()).toEqual(line(8))
    registry.setDefaultLabels({})
    expect((await samples(registry)).length).toBe(4 * 6)
  })

  test('names that the caller’s object does not have itself', async () => {
    const registry = new Registry()
    const options = { labelNames: ['constructor', '__proto__', 'x'], buckets: [1] }
    const histogram = made(client, 'Histogram', registry, options)
    histogram.observe?.(
      Object.fromEntries([
        ['__proto__', undefined],
        ['constructor', undefined],
        ['x', '1'],
      ]),
      2,
    )
    histogram.zero?.({ x: '1' })
    const all = await samples(registry)
    expect(all.length).toBe(4)
    expect(all).toContain('a_bucket {"le":"1","x":"1"} 0')
  })

  test('objects of the caller that change', async () => {
    const registry = new Registry()
    const counter = made(client, 'Counter', registry, { labelNames: ['x'] })
    const labels = { x: '1' }
    counter.inc?.(labels, 1)
    labels.x = '2'
    counter.inc?.(labels, 2)
    const all = client === original ? ['a {"x":"2"} 3'] : ['a {"x":"1"} 1', 'a {"x":"2"} 2']
    expect(await samples(registry)).toEqual(all)
  })

  test('a label’s name that was given twice', async () => {
    const registry = new Registry()
    const gauge = made(client, 'Gauge', registry, { labelNames: ['x', 'x'] })
    gauge.set?.({ x: '1' }, 2)
    gauge.inc?.({ x: '1' }, 3)
    expect(await samples(registry)).toEqual(['a {"x":"1"} 5'])
  })

  test.each([
    ['twice', [1, 1], '1'],
    ['with both signs', [-0, 0], '0'],
    ['of infinity', [1, Number.POSITIVE_INFINITY], '1'],
  ])('bounds: one %s', async (_, buckets, le) => {
    const registry = new Registry()
    const histogram = made(client, 'Histogram', registry, { buckets, labelNames: ['x'] })
    for (const x of [1, 2]) {
      histogram.observe?.({ x }, 0)
      histogram.observe?.({ x }, 5)
    }
    const expected = ['1', '2'].flatMap((x) => [
      `a_bucket ${JSON.stringify({ le: '+Inf', x })} 2`,
      `a_bucket ${JSON.stringify({ le, x })} 1`,
      `a_count ${JSON.stringify({ x })} 2`,
      `a_sum ${JSON.stringify({ x })} 5`,
    ])
    expect(await samples(registry)).toEqual(expected.sort())
    const part = `${await registry.getSingleMetricAsString('a')}\n`
    expect(parsed(part, 'prometheus').get('a')?.samples.length).toBe(8)
  })

  test('a quantile twice', async () => {
    const registry = new Registry()
    made(client, 'Summary', registry, { percentiles: [0.5, 0.5] }).observe?.(1)
    expect(await samples(registry)).toEqual(['a {"quantile":"0.5"} 1', 'a_count {} 1', 'a_sum {} 1'])
  })

  test('exemplars: the last one is shown', async () => {
    const registry = new Registry()
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
    const counter = made(client, 'Counter', registry, { labelNames: ['x'], enableExemplars: true })
    counter.inc?.({ labels: { x: true }, exemplarLabels: { trace: 'first' } })
    counter.inc?.({ labels: { x: 'true' }, exemplarLabels: { trace: '\ud800' } })
    expect(await registry.metrics()).toContain('a_total{x="true"} 2 # {trace="\ufffd"} 1 ')
  })
})

test('labels of a registry that are no strings are escaped, and what is undefined is none', async () => {
  const registry = new Registry()
  made(original, 'Gauge', registry, { name: 'theirs' })
  made(shared, 'Gauge', registry, { name: 'ours' })
  registry.setDefaultLabels({ x: ['"} 1\nforged'], y: undefined, z: 1 } as never)
  const own = JSON.stringify({ x: '"} 1\nforged', z: '1' })
  expect(await samples(registry)).toEqual([`ours ${own} 0`, `theirs ${own} 0`])
})

test('a bound that prom-client’s zero() was told is of no line', async () => {
  const registry = new Registry()
  const histogram = made(original, 'Histogram', registry, { buckets: [1, 2], labelNames: ['x'] })
  histogram.zero?.({ le: '1', x: '1' })
  histogram.observe?.({ x: '2' }, 1)
  const all = await samples(registry)
  expect(all.filter((line) => line.includes('"x":"2"')).length).toBe(5)
  const part = `${await registry.getSingleMetricAsString('a')}\n`
  expect(parsed(part, 'prometheus').get('a')?.samples.length).toBe(5)
})

test('a label that prom-client’s zero() was told is not what else a region knows by it', async () => {
  const histogram = made(original, 'Histogram', register, { buckets: [1] })
  histogram.zero?.({ 'rseq.scope': 'prom:each', 'rseq.process': '1' })
  histogram.observe?.({}, 1)
  expect(await samples(register)).toEqual([])
})

test('lines of anybody’s making', async () => {
  const registry = new Registry()
  const values = [
    { value: 1, labels: { x: 'y', z: 1 } },
    { value: '2', labels: { z: '1', x: 'y' } },
    { value: 3, labels: { x: 'z' } },
  ]
  const get = async () => ({ name: 'own', help: 'h', type: 'gauge', values, aggregator: 'unheard-of' })
  registry.registerMetric({ name: 'own', help: 'h', type: 'gauge', get } as never)
  expect(await samples(registry)).toEqual(['own {"x":"y","z":"1"} 3', 'own {"x":"z"} 3'])
})

test('what stands beside what prom-client has published, and is no gauge', async () => {
  const labels = { 'rseq.scope': 'prom:each' }
  const counter = PerCpuCounter.named('a', { region, labels })
  const gauge = ProcessGauge.named('a', { region, labels })
  counter.inc()
  gauge.set(5)
  expect(await samples(register)).toEqual(['a {} 5'])
  counter.close()
  gauge.close()
})
