// Whatever names, labels, texts and numbers there are, in metrics or directly in the region: pages can be read.
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { PerCpuCounter, PerCpuHistogram, PerCpuSum, type Region } from 'rseq'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Gauge as ProcessGauge } from '../../../lib/metrics/gauge.js'
import { type Format, parsed } from '../../support/exposition'
import { leaveRegion, original, ownRegion, shared } from '../../support/prom-clients'
import { hasAddon } from '../../support/world'

const { Counter, Gauge, Histogram, Registry, Summary, register } = shared

const warnings: string[] = []
const onWarning = ({ code, message }: NodeJS.ErrnoException): unknown =>
  warnings.push(`${code} ${message.split(', are')[0]}`)
process.on('warning', onWarning)
afterAll(() => process.off('warning', onWarning))

const FORMATS = {
  prometheus: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
}

let region: Region
beforeEach(() => {
  region = ownRegion()
})
afterEach(() => leaveRegion(region))

/** Says what is wrong with a page in the text format of Prometheus; nothing, where it only advises. */
function checkedByPromtool(page: string): string {
  const { error, status, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: page,
    encoding: 'utf8',
  })
  if (error) throw new Error(`promtool is missing: install Debian's prometheus (${error.message})`)
  // 3: it would call something otherwise.
  return status === 0 || status === 3 ? '' : stderr || `ended with ${status}`
}

type Shown = { setContentType(type: never): void; metrics(): Promise<string> }

async function shownIn(registry: Shown, format: Format): Promise<string> {
  registry.setContentType(FORMATS[format] as never)
  try {
    return await registry.metrics()
  } finally {
    registry.setContentType(FORMATS.prometheus as never)
  }
}

/** The lines of both pages, which have to be readable, without those of the machine. */
async function readable(registry: Shown): Promise<string[]> {
  const found = new Set<string>()
  for (const format of ['prometheus', 'openmetrics'] as const) {
    const families = parsed(await shownIn(registry, format), format)
    for (const { samples } of families.values())
      for (const { name, labels, value } of samples)
        found.add(`${name} ${JSON.stringify(Object.fromEntries(labels))} ${value}`)
  }
  return [...found]
}

const FORGED = 'a="x"} 1\nforged'
/** As another process could have written it. */
const direct = (name: string, labels: Record<string, string>, scope = 'prom') =>
  PerCpuCounter.named(name, { region, labels: { ...labels, 'rseq.scope': scope } })

describe('of what any process can have written', () => {
  test.each([
    ['a label’s name that ends the line', 'a', { [FORGED]: 'b' }],
    ['a label’s name with a space', 'a', { 'b c': 'd' }],
    ['a label without a name', 'a', { '': 'd' }],
    ['a label that stands for the name', 'a', { __name__: 'd' }],
    ['a name that ends the line', 'a 1\nforged', {}],
    ['a name with a space', 'a b', { x: 'y' }],
    ['a name of other letters', 'é', {}],
  ])('%s is left off', async (_, name, labels) => {
    const one = direct(name, labels as Record<string, string>)
    const good = direct('good', { x: FORGED })
    one.inc()
    good.inc()
    expect(await readable(register)).toEqual([
      `good ${JSON.stringify({ x: FORGED })} 1`,
      `good_total ${JSON.stringify({ x: FORGED })} 1`,
    ])
    one.close()
    good.close()
  })

  test('labels that are too long for as many lines are left off', async () => {
    const buckets = Array.from({ length: 4096 }, (_, i) => i)
    const long = (name: string, length: number) =>
      PerCpuHistogram.named(name, {
        region,
        labels: { a: 'b'.repeat(length), 'rseq.scope': 'prom' },
        buckets,
      })
    const all = [long('fits', 1000), long('not', 1024)]
    const page = await shownIn(register, 'prometheus')
    expect([page.match(/^fits_bucket/gm)?.length, page.includes('not_bucket')]).toEqual([4097, false])
    for (const one of all) one.close()
  })

  test('names that all objects have are names, and so are labels', async () => {
    const labels = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>
    const all = ['constructor', '__proto__', 'toString'].map((name) => direct(name, labels))
    for (const one of all) one.inc()
    const lines = await readable(register)
    expect(lines.filter((line) => !line.includes('_total'))).toEqual(
      ['constructor', '__proto__', 'toString'].map((name) => `${name} ${JSON.stringify(labels)} 1`),
    )
    for (const one of all) one.close()
  })

  test('of several kinds of one name, the first is shown', async () => {
    const all = [
      direct('a', { x: '1' }),
      PerCpuSum.named('a', { region, labels: { 'rseq.scope': 'prom', x: '2' } }),
      PerCpuHistogram.named('a', { region, labels: { 'rseq.scope': 'prom', x: '3' }, buckets: [1] }),
      PerCpuHistogram.named('b', { region, labels: { 'rseq.scope': 'prom', x: '2' }, buckets: [1, 2] }),
      PerCpuHistogram.named('b', { region, labels: { 'rseq.scope': 'prom', x: '1' } }),
      PerCpuHistogram.named('b', { region, labels: { 'rseq.scope': 'prom', le: '2' }, buckets: [1, 2] }),
      direct('b', { x: '3' }),
    ]
    const families = parsed(await shownIn(register, 'prometheus'), 'prometheus')
    expect([...families.values()].map(({ name, type, samples }) => [name, type, samples.length])).toEqual([
      ['a', 'counter', 1],
      ['b', 'histogram', 5],
    ])
    for (const one of all) one.close()
  })

  test('what prom-client counts elsewhere: lines that no such metric has are left off', async () => {
    const published = (name: string, labels: Record<string, string>, role: number) =>
      ProcessGauge.named(name, { region, labels: { ...labels, 'rseq.scope': 'prom:each' } }, role * 65536)
    const all = [
      published('g', { [FORGED]: 'x' }, 0),
      published('g 1\nforged', {}, 0),
      published('g', { le: 'of a gauge' }, 0),
      published('h_bucket', { le: '1' }, 2),
      published('h_bucket', { le: 'x' }, 2),
      published('h_bucket', {}, 2),
      published('h_sum', { le: '1' }, 2),
      published('h', {}, 2),
      published('i_bucket', { le: '+Inf' }, 0),
      published('c_total', { 'b c': '1' }, 1),
      published('c_total', { b: FORGED }, 1),
    ]
    const families = parsed(await shownIn(register, 'prometheus'), 'prometheus')
    const shown = [...families.values()].map(({ name, samples }) => [name, samples.length])
    expect(shown).toEqual([
      ['g', 1],
      ['h', 1],
      ['i_bucket', 1],
      ['c_total', 1],
    ])
    await readable(register)
    for (const one of all) one.close()
  })

  test('lines that are longer than any text', async () => {
    const buckets = Array.from({ length: 4096 }, (_, i) => i)
    const all = [1, 2, 3, 4, 5].map((i) => {
      const labels = { 'rseq.scope': 'prom', x: `${i}${'"'.repeat(15_000)}` }
      return PerCpuHistogram.named('long', { region, labels, buckets })
    })
    const good = direct('good', {})
    expect((await readable(register)).sort()).toEqual(['good {} 0', 'good_total {} 0'])
    const texts = all.map((one) => one.labels.x?.length)
    expect(texts).toEqual(Array.from(all, () => 15_001))
    for (const one of [...all, good]) one.close()
  })

  test('which registries are shown together', async () => {
    const all = ['x', 'prom', 'otel:[]', FORGED].map((scope) =>
      ProcessGauge.named('registries', { region, labels: { scope, 'rseq.scope': 'prom:aggregated' } }),
    )
    all.push(ProcessGauge.named('registries', { region, labels: { 'rseq.scope': 'prom:aggregated' } }))
    new Counter({ name: 'a', help: 'h' }).inc()
    const page = await new shared.AggregatorRegistry().clusterMetrics()
    if (hasAddon) expect([...parsed(page, 'prometheus').keys()]).toEqual(['a'])
    for (const one of all) one.close()
  })

  test('there is one warning, with a code, that names the first', async () => {
    // It comes after the code that made it.
    await new Promise(setImmediate)
    expect(warnings).toEqual([
      'RSEQ_LEFT_OFF rseq/prom-client: labels of the metric "a", and what else no page can have',
    ])
  })
})

describe('of metrics of this process', () => {
  test('names that would be one are shown once', async () => {
    const registry = new Registry()
    const config = { help: 'h', registers: [registry] }
    new Counter({ ...config, name: 'a_total' }).inc(1)
    new Counter({ ...config, name: 'a' }).inc(2)
    new Counter({ ...config, name: '_total' }).inc(3)
    new Gauge({ ...config, name: 'b_count' }).set(4)
    new Histogram({ ...config, name: 'b', buckets: [1] }).observe(5)
    new Summary({ ...config, name: 'c' }).observe(6)
    new Counter({ ...config, name: 'c_sum' }).inc(7)
    const names = async (format: Format) => [...parsed(await shownIn(registry, format), format).keys()]
    expect(await names('prometheus')).toEqual(['a_total', 'a', '_total', 'b_count', 'c'])
    expect(await names('openmetrics')).toEqual(['a', '_total', 'b_count', 'c'])
    expect(await names('prometheus')).toEqual(['a_total', 'a', '_total', 'b_count', 'c'])
    expect((await registry.getMetricsAsJSON()).length).toBe(7)
  })

  test('default labels that no line can have', async () => {
    const registry = new Registry()
    const config = { help: 'h', registers: [registry] }
    new Histogram({ ...config, name: 'a', buckets: [1] })
    new Summary({ ...config, name: 'b' }).observe(1)
    new original.Histogram({ ...config, name: 'd', buckets: [1] } as never)
    new Gauge({ ...config, name: 'c' })
    const odd = { [FORGED]: 'x', 'x y': '1', __name__: 'n', le: '7', quantile: '8', good: FORGED }
    registry.setDefaultLabels(odd)
    const lines = await readable(registry)
    expect(lines).toContain(`c ${JSON.stringify({ le: '7', quantile: '8', good: FORGED })} 0`)
    expect(lines).toContain(`a_sum ${JSON.stringify({ quantile: '8', good: FORGED })} 0`)
    expect(lines).toContain(`d_sum ${JSON.stringify({ quantile: '8', good: FORGED })} 0`)
    expect(lines).toContain(`b_sum ${JSON.stringify({ le: '7', good: FORGED })} 1`)
    registry.setDefaultLabels(undefined as never)
    expect(await readable(registry)).toContain('c {} 0')
  })

  test('values of labels that are no strings are escaped, and read once', async () => {
    const registry = new Registry()
    const config = { help: 'h', labelNames: ['x'], registers: [registry] }
    const counter = new Counter({ ...config, name: 'a' })
    const summary = new Summary({ ...config, name: 'b' })
    const theirs = new original.Counter({ ...config, name: 'c', registers: [registry as never] })
    counter.inc({ x: [`"} 1\nforged`] as never })
    summary.observe({ x: [`"} 1\nforged`] as never }, 1)
    theirs.inc({ x: [`"} 1\nforged`] as never })
    let n = 0
    const changing = {
      toString() {
        if (n++ > 3) throw new Error('no more')
        return 'changing'
      },
    }
    counter.inc({ x: changing as never })
    const lines = await readable(registry)
    expect(lines).toContain(`a ${JSON.stringify({ x: '"} 1\nforged' })} 1`)
    expect(lines).toContain(`b_sum ${JSON.stringify({ x: '"} 1\nforged' })} 1`)
    expect(lines).toContain(`c ${JSON.stringify({ x: '"} 1\nforged' })} 1`)
    expect(lines).toContain('a {"x":"changing"} 1')
    expect(parsed(`${await registry.getSingleMetricAsString('b')}\n`, 'prometheus').size).toBe(1)
  })

  test('names that are changed afterwards', async () => {
    const registry = new Registry()
    const labelNames = ['x']
    const counter = new Counter({ name: 'a', help: 'h', labelNames, registers: [registry] })
    labelNames.push('b c')
    expect(() => counter.inc({ 'b c': 1 } as never)).toThrow('is not included')
    counter.inc({ x: 1 })
    const gauge = new Gauge({ name: 'g', help: 'h', registers: [registry] })
    Object.assign(gauge, { name: 'g 1\nforged', help: { a: 1 } })
    expect(await readable(registry)).toEqual(['a {"x":"1"} 1', 'a_total {"x":"1"} 1'])
  })

  test('metrics of anybody’s making', async () => {
    const registry = new Registry()
    const values = [
      { value: '1\nforged', labels: { a: 'b' } },
      { value: 1, labels: { 'a b': 'c' } },
      { value: 2, labels: { c: { d: 1 } }, metricName: 'other' },
      { value: 3, labels: {} },
    ]
    const get = async () => ({ name: 'own', help: 'a\n"b"', type: 'gauge', values, aggregator: 'sum' })
    registry.registerMetric({ name: 'own', help: 'h', type: 'gauge', get } as never)
    expect(await readable(registry)).toEqual(['own {"a":"b"} NaN', 'own {} 3'])
  })
})

/** Texts that mean something to somebody, and any others. */
const text = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'le',
    'quantile',
    '__name__',
    '__proto__',
    'constructor',
    FORGED,
    'a b',
    '',
    'a_total',
  ),
  fc.constantFrom(
    'a_bucket',
    'a_count',
    'rseq.scope',
    '\\',
    '"',
    '\n',
    '\r\n',
    '\\n',
    '{}',
    '# EOF',
    '\u2028',
    '\0',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('x'.repeat(200), '"'.repeat(8000)),
)
const labels = fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true })
const scope = fc.constantFrom('prom', 'prom', 'prom:1', 'prom:each', 'prom:aggregated', 'otel:x', '')
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
const bounds = fc.uniqueArray(number, { minLength: 1, maxLength: 4 })
const any = fc.oneof(text, number, fc.constant(null), fc.array(text, { maxLength: 2 }), fc.boolean())
const gaugeValue = fc.oneof(
  number,
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
)

const entry = fc.record({
  kind: fc.constantFrom('counter', 'sum', 'histogram', 'log-linear', 'gauge', 'role'),
  name: text.filter((name) => name !== '' && Buffer.byteLength(name) <= 240),
  labels,
  scope,
  help: text,
  bounds,
  value: number,
  gaugeValue,
})
const metric = fc.record({
  type: fc.constantFrom('Counter', 'Gauge', 'Histogram', 'Summary'),
  ofPromClient: fc.boolean(),
  name: text,
  help: text,
  labelNames: fc.array(text, { maxLength: 3 }),
  values: fc.array(any, { maxLength: 3 }),
  bounds,
  value: number,
})

type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never
type AnyMetric = typeof metric extends fc.Arbitrary<infer T> ? T : never

/** Whatever is refused is not there. */
function attempt<T>(what: () => T): T[] {
  try {
    return [what()]
  } catch {
    return []
  }
}

function written({ kind, name, labels, scope, help, bounds, value, gaugeValue }: Entry): { close(): void }[] {
  const all = { region, help, labels: Object.fromEntries([...Object.entries(labels), ['rseq.scope', scope]]) }
  return attempt(() => {
    if (kind === 'counter') {
      const one = PerCpuCounter.named(name, all)
      one.add(Math.trunc(value) || 1)
      return one
    }
    if (kind === 'sum') {
      const one = PerCpuSum.named(name, all)
      one.add(value)
      return one
    }
    if (kind === 'gauge' || kind === 'role') {
      const one = ProcessGauge.named(name, all, kind === 'role' ? 2 * 65536 : 7)
      one.set(gaugeValue)
      return one
    }
    const buckets = [...bounds].sort((a, b) => a - b)
    const one = PerCpuHistogram.named(name, { ...all, ...(kind === 'histogram' && { buckets }) })
    one.record(value)
    return one
  })
}

function used({ type, ofPromClient, name, help, labelNames, values, bounds, value }: AnyMetric): void {
  const client = ofPromClient ? original : shared
  const Class = client[type] as unknown as new (
    options: object,
  ) => Record<string, (...args: unknown[]) => void>
  const buckets = [...bounds].sort((a, b) => a - b)
  attempt(() => {
    const one = new Class({ name, help, labelNames, buckets, registers: [register] })
    const given = Object.fromEntries(labelNames.map((label, i) => [label, values[i]]))
    one[type === 'Counter' ? 'inc' : type === 'Gauge' ? 'set' : 'observe']?.(given, Math.abs(value))
    if (type === 'Histogram') one.zero?.(Object.fromEntries(values.map((label) => [String(label), 'x'])))
  })
}

test('random names, labels, texts and numbers', async () => {
  let runs = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { maxLength: 8 }),
      fc.array(metric, { maxLength: 4 }),
      labels,
      async (entries, metrics, defaults) => {
        const open = entries.flatMap(written)
        try {
          for (const one of metrics) used(one)
          register.setDefaultLabels(defaults)
          for (const format of ['prometheus', 'openmetrics'] as const) {
            const page = await shownIn(register, format)
            parsed(page, format)
            if (format === 'prometheus' && runs++ % 10 === 0) expect(checkedByPromtool(page)).toBe('')
          }
          parsed(await new shared.AggregatorRegistry().clusterMetrics(), 'prometheus')
          await register.getMetricsAsJSON()
        } finally {
          for (const one of open) one.close()
          register.clear()
        }
      },
    ),
    { numRuns: 150 },
  )
})
