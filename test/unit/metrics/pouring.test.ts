// Moving what one object has counted to another one.
import { PerCpuCounter, PerCpuHistogram, PerCpuSum } from 'rseq'
import { describe, expect, test } from 'vitest'
import { backend } from '../../../lib/backend/backend.js'
import { FRACTIONS, gaugeKind, histogramKind, INTEGERS } from '../../../lib/metrics/cell.js'
import { Gauge } from '../../../lib/metrics/gauge.js'

describe('pouring', () => {
  test.each([0n, 7n, -7n, 2n ** 62n + 5n, -(2n ** 62n) - 5n])('integers: %s', (n) => {
    const [from, to] = [new PerCpuCounter(), new PerCpuCounter()]
    const most = BigInt(Number.MAX_SAFE_INTEGER)
    for (let i = 0n; i < n / most; i++) from.add(Number(most))
    for (let i = 0n; i > n / most; i--) from.add(-Number(most))
    from.add(Number(n % most))
    to.add(3)
    INTEGERS.pour(from, to)
    expect([from.valueBigInt, to.valueBigInt]).toEqual([0n, n + 3n])
    from.inc()
    INTEGERS.pour(from, to)
    expect([from.valueBigInt, to.valueBigInt]).toEqual([0n, n + 4n])
  })

  test('fractions', () => {
    const [from, to] = [new PerCpuSum(), new PerCpuSum()]
    from.add(0.25)
    to.add(0.5)
    FRACTIONS.pour(from, to)
    expect([from.value, to.value]).toEqual([0, 0.75])
    for (let i = 0; i < 2; i++) from.add(Number.MAX_VALUE)
    FRACTIONS.pour(from, to)
    expect(to.value).toBe(0.75)
  })

  test('a gauge’s value', () => {
    const [from, to] = ['from', 'to'].map((name) => Gauge.named(`pouring ${name}`, {})) as [Gauge, Gauge]
    from.set(2.5)
    to.set(1)
    gaugeKind(0).pour(from, to)
    expect([from.value, to.value]).toEqual([0, 3.5])
    from.set(Number.POSITIVE_INFINITY)
    gaugeKind(0).pour(from, to)
    expect([from.value, to.value]).toEqual([0, Number.POSITIVE_INFINITY])
    for (const one of [from, to]) one.close()
  })

  test.each([{ buckets: [-1, 0.5, 3] }, { lowest: 1, highest: 1000 }])(
    'samples in buckets of %o',
    (options) => {
      const least = 'buckets' in options ? -5.5 : 0
      const [from, to, both] = [1, 2, 3].map(() => new PerCpuHistogram(options)) as PerCpuHistogram[]
      if (from === undefined || to === undefined || both === undefined) throw new Error()
      for (const x of [least, 2, 2, 700, 0.5, 2 ** 53 - 1, 2 ** 53 - 1, 2 ** 53 - 1])
        for (const one of [from, both]) one.record(x)
      for (const x of [1, 4.25]) for (const one of [to, both]) one.record(x)
      histogramKind([0]).pour(from, to)
      expect(from.count).toBe(0)
      expect(to.toJSON()).toEqual(both.toJSON())
      expect([to.min, to.max, to.count, to.sum]).toEqual([both.min, both.max, both.count, both.sum])
      // Nothing more comes of nothing.
      histogramKind([0]).pour(from, to)
      expect(to.toJSON()).toEqual(both.toJSON())
    },
  )

  test('of a shape that does not fit, or none, nothing is added', () => {
    const histogram = new PerCpuHistogram({ buckets: [1, 2] })
    const counter = new PerCpuCounter()
    const { entry } = histogram.handle
    const cells = new Float64Array(5 + 3)
    cells[5] = 4
    const merge = backend.mergeHistogram as (...args: unknown[]) => number
    for (const wrong of [
      [0, entry, new Float64Array(5 + 2)],
      [0, entry, new Float64Array(5 + 4)],
      [0, entry, new Float64Array(0)],
      [0, entry, new Float32Array(8)],
      [0, entry, undefined],
      [0, counter.handle.entry, cells],
      [0, 2 ** 32 - 1, cells],
      [31, entry, cells],
    ])
      expect(merge(...wrong)).toBe(0)
    expect(histogram.count).toBe(0)
    expect(merge(0, entry, cells)).toBe(1)
    expect(histogram.count).toBe(4)
  })
})
