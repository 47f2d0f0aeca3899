// Where rseq/prom-client differs from prom-client on purpose: docs/integrations/prom-client.md lists it.
import { describe, expect, test } from 'vitest'
import { type Client, loose, original, shared, shownBy, unique } from '../../support/prom-clients'

describe('rseq/prom-client, and not prom-client', () => {
  const registers = () => [new shared.Registry()]

  test('gives the same child for the same labels', () => {
    const config = { name: 'a', help: 'h', labelNames: ['x', 'y'], registers: registers() }
    const counter = new shared.Counter(config)
    expect(counter.labels('1', '2')).toBe(counter.labels({ y: 2, x: 1 } as never))
    expect(counter.labels('1', '2')).not.toBe(counter.labels('1', '3'))
    expect(new original.Counter({ ...config, registers: [] }).labels('1', '2')).not.toBe(undefined)
  })

  test('refuses NaN, which prom-client counts: it would stay the whole service’s value', async () => {
    const counter = new shared.Counter({ name: 'a', help: 'h', registers: registers() })
    expect(() => counter.inc(Number.NaN)).toThrow(new TypeError('Value is not a valid number: NaN'))
    expect((await counter.get()).values).toEqual([{ value: 0, labels: {} }])
    const theirs = new original.Counter({ name: 'a', help: 'h', registers: [] })
    theirs.inc(Number.NaN)
    expect((await theirs.get()).values).toEqual([{ value: Number.NaN, labels: {} }])
  })

  test('refuses a counter’s unknown labels in labels(), where prom-client waits for inc()', () => {
    const config = { name: 'a', help: 'h', labelNames: ['x'], registers: [] }
    const wrong = { z: 1 } as never
    expect(() => new shared.Counter(config).labels(wrong)).toThrow('Added label "z" is not included')
    const child = new original.Counter(config).labels(wrong)
    expect(() => child.inc()).toThrow('Added label "z" is not included')
  })

  test('clear() and removeSingleMetric() give up what was counted; prom-client’s metrics keep it', async () => {
    const value = async ({ Counter, Registry }: Client): Promise<number | undefined> => {
      const registry = new Registry()
      const counter = new Counter({ name: 'a', help: 'h', registers: [registry] })
      counter.inc(5)
      registry.clear()
      counter.inc()
      return (await counter.get()).values[0]?.value
    }
    expect(await value(original)).toBe(6)
    expect(await value(shared as unknown as Client)).toBe(1)
  })

  test('copies labels: what the caller does with the object later is no matter', async () => {
    const values = async ({ Counter }: Client): Promise<unknown> => {
      const counter = new Counter({ name: unique('a'), help: 'h', labelNames: ['x'], registers: [] })
      const labels = { x: 1 }
      for (let i = 1; i <= 3; i++) {
        labels.x = i
        counter.inc(labels, i)
      }
      counter.labels({ x: 2 } as never).inc(10)
      return (await counter.get()).values.map(({ labels, value }) => [labels.x, value])
    }
    expect(await values(shared as unknown as Client)).toEqual([
      [1, 1],
      [2, 12],
      [3, 3],
    ])
    expect(await values(original)).toEqual([
      [3, 1],
      [3, 12],
      [3, 3],
    ])
  })

  test('gauge.dec() refuses what gauge.inc() refuses', () => {
    const config = { name: 'a', help: 'h', registers: [] }
    expect(() => loose(new shared.Gauge(config)).dec?.('x')).toThrow(
      new TypeError('Delta is not a valid number: x'),
    )
    expect(() => loose(new original.Gauge(config)).dec?.('x')).not.toThrow()
  })

  test('a bound of −1 does not count what is above all bounds', async () => {
    const count = async ({ Histogram }: Client): Promise<number | undefined> => {
      const histogram = new Histogram({ name: unique('a'), help: 'h', buckets: [-1, 1], registers: [] })
      histogram.observe(2)
      return (await histogram.get()).values[0]?.value
    }
    expect(await count(original)).toBe(1)
    expect(await count(shared as unknown as Client)).toBe(0)
  })

  test('a page in OpenMetrics’ format leaves counters their names', async () => {
    const name = async ({ Counter, Registry }: Client): Promise<string> => {
      const registry = new Registry()
      registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
      const counter = new Counter({ name: 'a_total', help: 'h', registers: [registry] })
      await registry.metrics()
      return (await counter.get()).name
    }
    expect(await name(original)).toBe('a')
    expect(await name(shared as unknown as Client)).toBe('a_total')
  })

  test('a label that is undefined is none: with the text, there would be two lines of the same labels', async () => {
    const shown = async ({ Counter, Registry }: Client): Promise<string[]> => {
      const registry = new Registry()
      const counter = new Counter({ name: 'a', help: 'h', labelNames: ['x'], registers: [registry] })
      counter.inc({ x: undefined } as never)
      counter.inc({ x: 'undefined' })
      counter.inc({}, 4)
      return shownBy(registry)
    }
    expect(await shown(original)).toEqual(['a{x="undefined"} 5', 'a{x="undefined"} 1'])
    expect(await shown(shared as unknown as Client)).toEqual(['a 5', 'a{x="undefined"} 1'])
  })

  test('a page in OpenMetrics’ format has no empty line, and quotes in help are escaped', async () => {
    const shown = async ({ Gauge, Registry }: Client): Promise<string[]> => {
      const registry = new Registry()
      registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
      const empty = await registry.metrics()
      new Gauge({ name: 'a', help: '"h"\n', registers: [registry] })
      return [empty, (await registry.metrics()).split('\n')[0] as string]
    }
    expect(await shown(original)).toEqual(['\n# EOF\n', '# HELP a "h"\\n'])
    expect(await shown(shared as unknown as Client)).toEqual(['# EOF\n', '# HELP a \\"h\\"\\n'])
  })

  test('zero() refuses a label that the metric does not have', () => {
    const config = { name: 'a', help: 'h', labelNames: ['x'], registers: [] }
    const wrong = { 'z"} 1\nforged': 1 } as never
    expect(() => new shared.Histogram(config).zero(wrong)).toThrow('is not included in initial labelset')
    expect(() => new original.Histogram(config).zero(wrong)).not.toThrow()
  })

  test('what cannot be made leaves nothing behind in its registry', async () => {
    const registry = new shared.Registry()
    const config = { name: 'a', help: 'h', registers: [registry] }
    const name = Object.assign(() => 0, { toString: () => 'a' })
    expect(() => new shared.Counter({ ...config, name: name as never })).toThrow(TypeError)
    expect(() => new shared.Gauge({ ...config, help: ['h'] as never })).toThrow(TypeError)
    expect(() => new shared.Histogram({ ...config, labelNames: ['le'] })).toThrow('reserved label')
    expect(registry.getMetricsAsArray()).toEqual([])
    expect(await shownBy(registry)).toEqual([])
  })

  test('an omitted gauge is on no page, as on prom-client’s of a cluster', async () => {
    const shown = async ({ Gauge, Registry }: Client): Promise<string[]> => {
      const registry = new Registry()
      new Gauge({ name: 'a', help: 'h', aggregator: 'omit', registers: [registry] }).set(5)
      return shownBy(registry)
    }
    expect(await shown(original)).toEqual(['a 5'])
    expect(await shown(shared as unknown as Client)).toEqual([])
  })
})
