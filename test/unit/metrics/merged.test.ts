import { PerCpuCounter, PerCpuSum, Region } from 'rseq'
import { describe, expect, test } from 'vitest'
import { AGGREGATORS, merge, PART_LABEL, PROCESS_LABEL, SCOPE_LABEL } from '../../../lib/metrics/merged.js'
import { type Sample, type Series, Survey } from '../../../lib/metrics/survey.js'

let entries = 0

function sample(value: number, series: Partial<Series>, held = true): Sample {
  const whole: Series = {
    entry: entries++,
    generation: 0,
    kind: 'counter',
    name: 'n',
    labels: {},
    help: '',
    unit: '',
    buckets: null,
    code: 0,
    ...series,
  }
  return { series: whole, held, value, counts: new Float64Array(0), min: Number.NaN, max: Number.NaN }
}

const gauge = (value: number, process: string, code: number, held = true): Sample =>
  sample(value, { kind: 'gauge', labels: { [PROCESS_LABEL]: process }, code }, held)

describe('merge', () => {
  test('a counter and its fractions are one', () => {
    const region = Region.process
    const counter = PerCpuCounter.named('families.test', { region, labels: { a: '1' } })
    const fractions = PerCpuSum.named('families.test', {
      region,
      labels: { a: '1', [PART_LABEL]: 'fraction' },
    })
    counter.add(3)
    fractions.add(0.5)
    const found = merge(new Survey(region).read()).filter(({ name }) => name === 'families.test')
    expect(found).toMatchObject([{ kind: 'counter', value: 3.5, labels: { a: '1' } }])
  })

  test.each([
    ['sum', 12],
    ['first', 5],
    ['min', 1],
    ['max', 6],
    ['average', 4],
  ] as const)('gauges by %s', (aggregator, expected) => {
    const code = AGGREGATORS.indexOf(aggregator)
    const all = [
      gauge(5, 'a', code),
      gauge(1, 'b', code),
      gauge(6, 'c', code),
      gauge(100, 'dead', code, false),
    ]
    expect(merge(all)).toMatchObject([{ kind: 'gauge', value: expected, labels: {} }])
  })

  test('there can be more than a call has arguments', () => {
    for (const aggregator of ['min', 'max'] as const) {
      const code = AGGREGATORS.indexOf(aggregator)
      const all = Array.from({ length: 200_000 }, (_, i) => gauge(i, `${i}`, code))
      expect(merge(all)).toMatchObject([{ value: aggregator === 'min' ? 0 : 199_999 }])
    }
    const all = Array.from({ length: 200_000 }, (_, i) => ({ ...sample(1, {}), min: i, max: i }))
    expect(merge(all)).toMatchObject([{ min: 0, max: 199_999 }])
  })

  test('names and labels can be any strings', () => {
    const texts = ['', '__proto__', 'constructor', '\ud800', '\0', '\n', 'x'.repeat(32_768)]
    const all = texts.flatMap((name) =>
      texts.map((label) => sample(1, { name, labels: Object.fromEntries([[label, name]]) })),
    )
    const found = merge([...all, ...all])
    expect(found.length).toBe(all.length)
    for (const [i, { name, labels, value }] of found.entries()) {
      expect([name, Object.entries(labels)]).toEqual([texts[Math.floor(i / 7)], [[texts[i % 7], name]]])
      expect(value).toBe(2)
    }
  })

  test('it says what its samples say now', () => {
    const values = [1, 2]
    const live = values.map((_, i) => {
      const one = gauge(0, `${i}`, AGGREGATORS.indexOf('sum'))
      return Object.defineProperty(one, 'value', { get: () => values[i] })
    })
    const [merged] = merge(live)
    expect(merged?.value).toBe(3)
    values[1] = 5
    expect(merged?.value).toBe(6)
  })

  test('histograms of two regions are one', () => {
    const of = (counts: number[], min: number, max: number): Sample => ({
      ...sample(counts.length, { kind: 'histogram' }),
      counts: Float64Array.from(counts),
      min,
      max,
    })
    const [merged] = merge([of([1, 2], 0.5, 3), of([0, 4], Number.NaN, Number.NaN), of([1, 0], 0.1, 1)])
    expect(merged).toMatchObject({ value: 6, min: 0.1, max: 3 })
    expect([...(merged?.counts() ?? [])]).toEqual([2, 6])
    expect([...(merged?.totals() ?? [])]).toEqual([2, 8])
  })

  test('omitted ones are left out, and nameless ones', () => {
    const code = AGGREGATORS.indexOf('omit')
    expect(merge([gauge(5, 'a', code), sample(1, { name: null })])).toEqual([])
  })

  test('scopes and labels keep apart what has one name', () => {
    const found = merge([
      sample(1, {}),
      sample(2, { labels: { [SCOPE_LABEL]: 'other' } }),
      sample(3, { labels: { a: 'b' } }),
      sample(4, { labels: { a: 'b', [SCOPE_LABEL]: 'other' } }),
    ])
    expect(found.map(({ scope, labels, value }) => [scope, labels, value])).toEqual([
      ['', {}, 1],
      ['other', {}, 2],
      ['', { a: 'b' }, 3],
      ['other', { a: 'b' }, 4],
    ])
  })

  test('what a gauge is beside its aggregator is told', () => {
    expect(merge([gauge(1, 'a', 2 * 65536 + AGGREGATORS.indexOf('max'))])).toMatchObject([{ role: 2 }])
  })
})
