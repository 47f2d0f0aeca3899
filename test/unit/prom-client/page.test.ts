// The text of a page, character by character.
import { describe, expect, test } from 'vitest'
import { type Client, clients, shared } from '../../support/prom-clients'

const HOSTILE = 'a\\b"c\nd\ttab 日本 \u0000 {},='

describe.each(clients)('%s', (_, { Counter, Gauge, Histogram, Registry }: Client) => {
  const openMetrics = () =>
    new (Registry as new (type?: string) => InstanceType<typeof Registry>)(Registry.OPENMETRICS_CONTENT_TYPE)

  function filled(registry: InstanceType<Client['Registry']>, help = 'All "of"\nthem \\'): void {
    const registers = [registry]
    new Counter({ name: 'requests_total', help, labelNames: ['code'], registers }).inc({ code: 200 })
    new Counter({ name: 'failures', help: 'h', registers }).inc(2.5)
    new Gauge({ name: 'size', help: 'h', registers }).set(-0.5)
    const histogram = new Histogram({ name: 'took', help: 'h', buckets: [0.5, 1e21], registers })
    histogram.observe(0.25)
    histogram.observe(3)
  }

  test('in the format of Prometheus', async () => {
    const registry = new Registry()
    expect(await registry.metrics()).toBe('\n')
    filled(registry)
    const page = `# HELP requests_total All "of"\\nthem \\\\
# TYPE requests_total counter
requests_total{code="200"} 1

# HELP failures h
# TYPE failures counter
failures 2.5

# HELP size h
# TYPE size gauge
size -0.5

# HELP took h
# TYPE took histogram
took_bucket{le="0.5"} 1
took_bucket{le="1e+21"} 2
took_bucket{le="+Inf"} 2
took_sum 3.25
took_count 2
`
    expect(await registry.metrics()).toBe(page)
    expect(await registry.metrics()).toBe(page)
    expect(await registry.getSingleMetricAsString('size')).toBe('# HELP size h\n# TYPE size gauge\nsize -0.5')
  })

  test('in that of OpenMetrics', async () => {
    const registry = openMetrics()
    filled(registry, 'All of\nthem \\')
    const page = `# HELP requests All of\\nthem \\\\
# TYPE requests counter
requests_total{code="200"} 1
# HELP failures h
# TYPE failures counter
failures_total 2.5
# HELP size h
# TYPE size gauge
size -0.5
# HELP took h
# TYPE took histogram
took_bucket{le="0.5"} 1
took_bucket{le="1e+21"} 2
took_bucket{le="+Inf"} 2
took_sum 3.25
took_count 2
# EOF
`
    expect(await registry.metrics()).toBe(page)
    expect(await registry.metrics()).toBe(page)
  })

  test('what labels can be', async () => {
    const registry = new Registry()
    const labelNames = ['x', 'y']
    const counter = new Counter({ name: 'a', help: 'h', labelNames, registers: [registry] })
    const values = [HOSTILE, '', '__proto__', 'constructor', 0, -0, 1.5, Number.NaN, true, null, { y: 1 }]
    for (const value of values) counter.inc({ x: value as string })
    counter.inc({ x: 'undefined' })
    counter.inc({})
    const lines = (await registry.metrics()).split('\n').slice(2, -1)
    expect(lines).toEqual([
      'a{x="a\\\\b\\"c\\nd\ttab 日本 \u0000 {},="} 1',
      'a{x=""} 1',
      'a{x="__proto__"} 1',
      'a{x="constructor"} 1',
      'a{x="0"} 2',
      'a{x="1.5"} 1',
      'a{x="NaN"} 1',
      'a{x="true"} 1',
      'a{x="null"} 1',
      'a{x="[object Object]"} 1',
      'a{x="undefined"} 1',
      'a 1',
    ])
  })

  test('a symbol is no label, and nothing is counted', async () => {
    const counter = new Counter({ name: 'a', help: 'h', labelNames: ['x'], registers: [new Registry()] })
    expect(() => counter.inc({ x: Symbol('a') as never })).toThrow(TypeError)
    expect((await counter.get()).values).toEqual([])
  })

  test('labels that are called as what every object has', async () => {
    const registry = new Registry()
    const labelNames = ['__proto__', 'constructor', 'toString']
    const counter = new Counter({ name: 'a', help: 'h', labelNames, registers: [registry] })
    counter.inc({ ['__proto__']: 'p', constructor: 'c', toString: 't' } as never)
    counter.inc({ constructor: 'c' } as never, 2)
    counter.inc({ toString: 't' } as never, 4)
    counter.inc(8)
    const gauge = new Gauge({ name: 'b', help: 'h', labelNames, registers: [registry] })
    gauge.set({ ['__proto__']: 'p' } as never, 16)
    const histogram = new Histogram({ name: 'c', help: 'h', buckets: [1], labelNames, registers: [registry] })
    histogram.observe({ ['__proto__']: 'p' } as never, 32)
    const lines = (await registry.metrics())
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(lines.sort()).toEqual([
      'a 8',
      'a{__proto__="p",constructor="c",toString="t"} 1',
      'a{constructor="c"} 2',
      'a{toString="t"} 4',
      'b{__proto__="p"} 16',
      'c_bucket{le="+Inf",__proto__="p"} 1',
      'c_bucket{le="1",__proto__="p"} 0',
      'c_count{__proto__="p"} 1',
      'c_sum{__proto__="p"} 32',
    ])
  })

  test('default labels are escaped, and can be numbers', async () => {
    const registry = new Registry()
    registry.setDefaultLabels({ host: 'a"b\\c\n', port: 80 })
    new Gauge({ name: 'a', help: 'h', registers: [registry] })
    expect((await registry.metrics()).split('\n')[2]).toBe('a{host="a\\"b\\\\c\\n",port="80"} 0')
  })

  test('exemplars, of OpenMetrics alone', async () => {
    const registry = openMetrics()
    const config = { help: 'h', labelNames: ['x'], registers: [registry as never], enableExemplars: true }
    const counter = new Counter({ ...config, name: 'a' })
    counter.inc({ labels: { x: 1 }, value: 2, exemplarLabels: { trace: 't' } } as never)
    const histogram = new Histogram({ ...config, name: 'b', buckets: [1] })
    histogram.observe({ labels: { x: 1 }, value: 0.5, exemplarLabels: { trace: 'u' } } as never)
    const page = (await registry.metrics()).replaceAll(/ \d{10}(\.\d+)?$/gm, ' TIME')
    expect(page).toBe(`# HELP a h
# TYPE a counter
a_total{x="1"} 2 # {trace="t"} 2 TIME
# HELP b h
# TYPE b histogram
b_bucket{le="1",x="1"} 1 # {trace="u"} 0.5 TIME
b_bucket{le="+Inf",x="1"} 1
b_sum{x="1"} 0.5
b_count{x="1"} 1
# EOF
`)
    expect(() => new Counter({ ...config, name: 'c', registers: [new Registry()] })).toThrow(
      new TypeError('Exemplars are supported only on OpenMetrics registries'),
    )
  })
})

describe('rseq/prom-client, and not prom-client', () => {
  test('lone surrogates are replaced where others show them', async () => {
    const registry = new shared.Registry()
    const config = { name: 'a', help: 'h', labelNames: ['x'], registers: [registry] }
    const counter = new shared.Counter(config)
    counter.inc({ x: 'a\ud800' })
    counter.inc({ x: 'a\udc00' })
    expect((await registry.metrics()).split('\n').slice(2, -1)).toEqual(['a{x="a\ufffd"} 2'])
  })
})
