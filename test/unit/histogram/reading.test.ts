import { createHistogram } from 'node:perf_hooks'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { RseqError } from '../../../lib/base/errors.js'
import { HISTOGRAM } from '../../../lib/contract/backend.js'
import { Buckets, DEFAULT_SHAPE, type HistogramShapeOptions, shapeOf } from '../../../lib/contract/buckets.js'
import { type HistogramJSON, HistogramReading, HistogramSnapshot } from '../../../lib/histogram/reading.js'
import type { Reading } from '../../../lib/histogram/summary.js'

// The constructor is not in the package's types.
const Snapshot = HistogramSnapshot as unknown as new (
  reading: Reading,
  name: string | null,
) => HistogramSnapshot

const MAX_INT64 = 2n ** 63n - 1n

/** What histogram.cc's read() would give after those samples. */
function readingOf(samples: readonly number[], options: HistogramShapeOptions = {}): Reading {
  const buckets = new Buckets(shapeOf('options', options) ?? DEFAULT_SHAPE)
  const cells = new Float64Array(HISTOGRAM.buckets + buckets.count)
  let integers = 0n
  for (const x of samples) {
    const cell = HISTOGRAM.buckets + buckets.indexOf(x)
    cells[cell] = (cells[cell] as number) + 1
    if (Number.isSafeInteger(x)) integers += BigInt(x)
    else cells[HISTOGRAM.fractions] = (cells[HISTOGRAM.fractions] as number) + x
  }
  setIntegers(cells, integers)
  cells[HISTOGRAM.min] = samples.length === 0 ? Number.NaN : samples.reduce((a, b) => Math.min(a, b))
  cells[HISTOGRAM.max] = samples.length === 0 ? Number.NaN : samples.reduce((a, b) => Math.max(a, b))
  return { cells, buckets }
}

function setIntegers(cells: Float64Array, sum: bigint): void {
  cells[HISTOGRAM.integersHigh] = Number(BigInt.asIntN(64, sum) >> 32n)
  cells[HISTOGRAM.integersLow] = Number(sum & 0xffffffffn)
}

function of(
  samples: readonly number[],
  options: HistogramShapeOptions = {},
  name: string | null = null,
): HistogramSnapshot {
  return new Snapshot(readingOf(samples, options), name)
}

function integersTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1)
}

/** The smallest sample that so many percent of all do not exceed. `p` has at most three decimals. */
function exactPercentile(sorted: readonly number[], p: number): number {
  const rank = Number((BigInt(Math.round(p * 1000)) * BigInt(sorted.length) + 99_999n) / 100_000n)
  return sorted[Math.max(rank, 1) - 1] as number
}

/** Random bits of 53, the same in each run. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

describe('what Node’s histograms have', () => {
  // Node's types lack its toJSON().
  const jsonOf = (histogram: object): HistogramJSON => (histogram as { toJSON(): HistogramJSON }).toJSON()
  const node = createHistogram()
  const writing = ['constructor', 'record', 'recordDelta', 'add', 'reset']
  const names: string[] = []
  for (
    let proto = Object.getPrototypeOf(node);
    proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto)
  ) {
    names.push(...Object.getOwnPropertyNames(proto).filter((name) => !writing.includes(name)))
  }

  test.each(names)('%s', (name) => {
    const ours = Object.getOwnPropertyDescriptor(HistogramReading.prototype, name)
    const theirs = Reflect.get(node, name) as unknown
    expect(ours).toBeDefined()
    expect(typeof (ours?.value ?? Reflect.get(of([1]), name))).toBe(typeof theirs)
  })

  test('the list has them all', () => {
    expect(names).toEqual(expect.arrayContaining(['count', 'percentile', 'percentilesBigInt', 'toJSON']))
  })

  const dice = random(1)
  test.each([
    ['1 to 1000', integersTo(1000)],
    ['one', [7]],
    ['two', [1, 2]],
    ['the same', [5, 5, 5, 5]],
    ['few', [1, 1, 1, 2, 2, 400, 500, 501, 502]],
    ['squares', integersTo(5000).map(() => Math.ceil(1000 * dice() ** 2))],
    ['one far away', [...integersTo(100), ...integersTo(100), 1000]],
  ])('the same answers for small integers: %s', (_, samples) => {
    const theirs = createHistogram()
    for (const x of samples) theirs.record(x)
    const ours = of(samples, { error: 0.0005 })
    const { mean, stddev, ...exact } = jsonOf(theirs)
    expect(ours.toJSON()).toMatchObject(exact)
    expect(ours.mean).toBeCloseTo(mean, 9)
    expect(ours.stddev).toBeCloseTo(stddev, 9)
    expect([...ours.percentiles]).toEqual([...theirs.percentiles])
    expect([...ours.percentilesBigInt]).toEqual([...theirs.percentilesBigInt])
    const bigints = ['countBigInt', 'minBigInt', 'maxBigInt', 'exceedsBigInt'] as const
    for (const name of bigints) expect(ours[name]).toBe(theirs[name])
  })

  test('toJSON has their keys in their order, and the sum', () => {
    expect(Object.keys(of([1]).toJSON())).toEqual([...Object.keys(jsonOf(node)), 'sum'])
    expect(JSON.parse(JSON.stringify(of([1, 4])))).toEqual({
      count: 2,
      min: 1,
      max: 4,
      mean: 2.5,
      exceeds: 0,
      stddev: 1.5,
      percentiles: { 0: 1, 50: 1, 75: 4, 100: 4 },
      sum: 5,
    })
  })
})

test.each([{}, { buckets: [-1, 1] }])('nothing recorded, %o', (options) => {
  const node = createHistogram()
  const empty = of([], options)
  expect(empty.min).toBeNaN()
  for (const name of ['count', 'max', 'mean', 'stddev', 'exceeds'] as const) {
    expect(empty[name]).toBe(node[name])
  }
  for (const name of ['countBigInt', 'minBigInt', 'maxBigInt', 'exceedsBigInt'] as const) {
    expect(empty[name]).toBe(node[name])
  }
  expect(empty.minBigInt).toBe(MAX_INT64)
  expect(empty.percentile(50)).toBe(node.percentile(50))
  expect(empty.percentileBigInt(100)).toBe(0n)
  expect([...empty.percentiles]).toEqual([[100, 0]])
  expect([...empty.percentilesBigInt]).toEqual([[100, 0n]])
  expect([empty.sum, empty.sumBigInt]).toEqual([0, 0n])
  expect(JSON.parse(JSON.stringify(empty))).toMatchObject({ count: 0, min: null, mean: null })
})

describe('percentile', () => {
  const dice = random(2)
  const unit = (): number => dice() || 0.5
  const distributions: [string, () => number][] = [
    ['uniform', unit],
    ['exponential', () => -Math.log(unit()) * 1e-3],
    ['log-uniform', () => 2 ** (unit() * 80 - 29)],
    ['two peaks', () => (unit() < 0.9 ? 1 + unit() / 100 : 1e6 * (1 + unit()))],
    ['integers', () => Math.ceil(unit() * 1e6)],
    ['constant', () => 0.3],
  ]
  const ps = [0.001, 0.1, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 99.999, 100]

  test.each(distributions)('%s: as near to the exact one as promised', (_, draw) => {
    for (const error of [0.1, 0.01, 0.001]) {
      for (const n of [1, 2, 3, 10, 1000, 20_000]) {
        const samples = Array.from({ length: n }, draw)
        const histogram = of(samples, { error })
        const sorted = Float64Array.from(samples).sort() as unknown as number[]
        for (const p of ps) {
          const [exact, ours] = [exactPercentile(sorted, p), histogram.percentile(p)]
          const near = Math.abs(ours - exact) <= error * exact
          if (!near || ours < histogram.min || ours > histogram.max) {
            expect.fail(`${n} samples, error ${error}: ${p} % are ≤ ${exact}, not ${ours}`)
          }
        }
        expect(histogram.percentile(100)).toBe(sorted[n - 1])
        expect(histogram.percentile(1e-300)).toBe(sorted[0])
        const values = [...histogram.percentiles.values()]
        expect(values).toEqual(values.toSorted((a, b) => a - b))
      }
    }
  })

  test('is an integer of its bucket where integers alone were recorded', () => {
    const histogram = of(integersTo(128))
    for (const p of [10, 25, 50, 75]) {
      expect(histogram.percentile(p)).toBe(exactPercentile(integersTo(128), p))
    }
    const mixed = of([...integersTo(64), 0.5])
    expect(mixed.percentile(50)).not.toBe(32)
    expect(mixed.percentile(50)).toBeCloseTo(32, 0)
  })

  test('takes a percentage for its decimals', () => {
    // As doubles, 16.1 × 1000 / 100 is more than 161. Here each integer is a bucket's.
    const histogram = of(integersTo(1000), { error: 2 ** -11, lowest: 1, highest: 1000 })
    for (let tenths = 1; tenths <= 1000; tenths++) expect(histogram.percentile(tenths / 10)).toBe(tenths)
  })

  test('with explicit bounds is in the right bucket', () => {
    const bounds = [0.1, 0.5, 1, 5]
    const samples = [0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 3, 4, 20, 30]
    const histogram = of(samples, { buckets: bounds })
    expect(histogram.percentile(10)).toBe(0.05)
    expect(histogram.percentile(20)).toBeCloseTo(0.075, 12)
    expect(histogram.percentile(40)).toBeCloseTo(0.3, 12)
    expect(histogram.percentile(60)).toBe(0.75)
    expect(histogram.percentile(80)).toBe(3)
    expect(histogram.percentile(90)).toBe(17.5)
    expect(histogram.percentile(100)).toBe(30)
  })

  test.each([
    ['50', TypeError, 'received the string "50"'],
    [50n, TypeError, 'received the bigint 50n'],
    [undefined, TypeError, 'received undefined'],
    [0, RangeError, 'received 0'],
    [-1, RangeError, 'received -1'],
    [100.1, RangeError, 'received 100.1'],
    [Number.NaN, RangeError, 'received NaN'],
  ])('refuses %o, as Node does', (p, type, received) => {
    for (const method of ['percentile', 'percentileBigInt'] as const) {
      expect(() => of([1])[method](p as number)).toThrow(type)
      expect(() => of([1])[method](p as number)).toThrow(
        `percentile: expected a number above 0, and at most 100, ${received}`,
      )
      expect(() => createHistogram()[method](p as number)).toThrow(type)
    }
  })
})

describe('sums', () => {
  test('of integers are exact', () => {
    const reading = readingOf([Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 3])
    const histogram = new Snapshot(reading, null)
    expect(histogram.sumBigInt).toBe(2n * BigInt(Number.MAX_SAFE_INTEGER) + 3n)
    for (const sum of [
      0n,
      -1n,
      -(2n ** 32n),
      2n ** 53n - 1n,
      -(2n ** 53n) + 1n,
      MAX_INT64,
      -MAX_INT64 - 1n,
    ]) {
      setIntegers(reading.cells, sum)
      expect(histogram.sumBigInt).toBe(sum)
      expect(histogram.sum).toBe(Number(sum))
    }
  })

  test('of others are no bigint', () => {
    const histogram = of([1, 0.25, 0.5])
    expect(histogram.sum).toBe(1.75)
    expect(() => histogram.sumBigInt).toThrow(RangeError)
    expect(() => histogram.sumBigInt).toThrow(
      'expected safe integers alone, received others that add up to 0.75',
    )
    expect(histogram.mean).toBe(1.75 / 3)
  })

  test('bigints of other samples are the nearest', () => {
    const histogram = of([1.4, 2.5, 1e300])
    expect(histogram.minBigInt).toBe(1n)
    expect(histogram.maxBigInt).toBe(BigInt(1e300))
    expect(histogram.percentileBigInt(50)).toBe(3n)
    expect(of([-1.5], { buckets: [0] }).minBigInt).toBe(-1n)
  })

  test('the deviation is that of all samples', () => {
    const dice = random(3)
    const samples = Array.from({ length: 10_000 }, () => 100 + 50 * (dice() + dice() + dice()))
    const mean = samples.reduce((a, b) => a + b) / samples.length
    const deviation = Math.sqrt(samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / samples.length)
    const histogram = of(samples, { error: 0.001 })
    expect(histogram.mean).toBeCloseTo(mean, 6)
    expect(histogram.stddev / deviation).toBeCloseTo(1, 3)
    expect(of([0.3, 0.3, 0.3]).stddev).toBeLessThan(1e-15)
  })
})

describe('extremes', () => {
  const at = (
    samples: number[],
    min: number,
    max: number,
    options?: HistogramShapeOptions,
  ): HistogramSnapshot => {
    const reading = readingOf(samples, options)
    reading.cells[HISTOGRAM.min] = min
    reading.cells[HISTOGRAM.max] = max
    return new Snapshot(reading, null)
  }

  test('that lie in the outer buckets are exact', () => {
    const histogram = of([0.3, 7.77, 1e20])
    expect([histogram.min, histogram.max, histogram.exceeds]).toEqual([0.3, 1e20, 1])
    expect(of([0]).min).toBe(0)
    expect(of([1e-300]).max).toBe(1e-300)
  })

  test.each([
    [Number.NaN, Number.NaN],
    [0.1, 0.2],
    [500, 600],
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('%d and %d are not, and are the buckets’ bounds', (min, max) => {
    const histogram = at([5.01, 100.5], min, max)
    expect(histogram.min).toBe(5)
    expect(histogram.max).toBe(101)
    expect(histogram.percentile(1)).toBe(5)
    expect(histogram.percentile(100)).toBe(101)
  })

  test('without a bound are the one that there is', () => {
    const options = { buckets: [-1, 1] }
    expect(at([-5, 5], Number.NaN, Number.NaN, options).toJSON()).toMatchObject({ min: -1, max: 1 })
    expect(at([-5], Number.NaN, -3, options).toJSON()).toMatchObject({ min: -3, max: -3 })
    expect(at([-5], -5, Number.NaN, options).toJSON()).toMatchObject({ min: -5, max: -1 })
    expect(at([5], 4, Number.NaN, options).toJSON()).toMatchObject({ min: 4, max: 4 })
    expect(at([5], Number.NaN, 6, options).toJSON()).toMatchObject({ min: 1, max: 6 })
    const above = 2 ** 53 * (1 + 1 / 64)
    expect(at([2 ** 60], Number.NaN, Number.NaN).toJSON()).toMatchObject({ min: above, max: above })
    expect(at([1.001, 1.002], 1.009, 1.003).toJSON()).toMatchObject({ min: 1.003, max: 1.003 })
  })

  test('counts below 0, as a damaged region could have, are none', () => {
    const reading = readingOf([1, 2])
    reading.cells[HISTOGRAM.buckets] = -7
    reading.cells[HISTOGRAM.buckets + 1] = Number.NaN
    const histogram = new Snapshot(reading, null)
    expect([histogram.count, histogram.min, histogram.buckets().length]).toEqual([2, 1, 2])
  })
})

describe('buckets', () => {
  test('of a range: those with samples', () => {
    expect(of([0, 1, 1, 1.01, 1.02, 1000, 2e6], { lowest: 1, highest: 1000 }).buckets()).toEqual([
      { from: 0, to: 1, count: 1 },
      { from: 1, to: 1.015625, count: 3 },
      { from: 1.015625, to: 1.03125, count: 1 },
      { from: 1000, to: 1008, count: 1 },
      { from: 1008, to: Number.POSITIVE_INFINITY, count: 1 },
    ])
    expect(of([]).buckets()).toEqual([])
  })

  test('of bounds: all', () => {
    const histogram = of([-3, 0, 0.1, 0.2, 5], { buckets: [0, 0.1, 1, 2] })
    expect(histogram.buckets()).toEqual([
      { from: Number.NEGATIVE_INFINITY, to: 0, count: 2 },
      { from: 0, to: 0.1, count: 1 },
      { from: 0.1, to: 1, count: 1 },
      { from: 1, to: 2, count: 0 },
      { from: 2, to: Number.POSITIVE_INFINITY, count: 1 },
    ])
    expect(histogram.exceeds).toBe(1)
    expect(histogram.exceedsBigInt).toBe(1n)
  })
})

describe('merge', () => {
  const dice = random(4)
  const draw = (n: number): number[] => Array.from({ length: n }, () => Math.ceil(dice() * 1e6) / 4)

  test('is what one histogram would have', () => {
    const [a, b] = [draw(1000), draw(500)]
    const merged = of(a, {}, 'a').merge(of(b, {}, 'b'))
    expect(merged).toBeInstanceOf(HistogramSnapshot)
    expect(merged.toJSON()).toEqual(of([...a, ...b]).toJSON())
    expect(merged.buckets()).toEqual(of([...a, ...b]).buckets())
    expect(merged.name).toBe('a')
  })

  test('changes neither', () => {
    const [a, b] = [of([1, 2]), of([3])]
    a.merge(b)
    expect([a.count, b.count]).toEqual([2, 1])
  })

  test('adds sums of 64 bits', () => {
    const big = 2n ** 52n + 12_345_678_901n
    const merged = [...Array(100)].reduce((all: HistogramSnapshot) => all.merge(of([Number(big)])), of([1]))
    expect(merged.sumBigInt).toBe(100n * big + 1n)
    const negative = of([-5], { buckets: [0] }).merge(of([3], { buckets: [0] }))
    expect(negative.sumBigInt).toBe(-2n)
    expect([negative.min, negative.max]).toEqual([-5, 3])
  })

  test('with nothing', () => {
    expect(of([]).merge(of([])).toJSON()).toEqual(of([]).toJSON())
    expect(of([5.5]).merge(of([])).toJSON()).toEqual(of([5.5]).toJSON())
    expect(
      of([])
        .merge(of([5.5]))
        .toJSON(),
    ).toEqual(of([5.5]).toJSON())
  })

  test('does not believe an extreme that is not in the buckets', () => {
    const reading = readingOf([5.01])
    reading.cells[HISTOGRAM.min] = Number.NaN
    reading.cells[HISTOGRAM.max] = 1e6
    const merged = of([5.02]).merge(new Snapshot(reading, null))
    expect([merged.min, merged.max]).toEqual([5, 5.0625])
  })

  test('takes a histogram as it is at the time', () => {
    class Live extends HistogramReading {
      reads = 0
      override get name(): string {
        return 'live'
      }
      read(): Reading {
        this.reads++
        return readingOf([1, 2, 3])
      }
    }
    const live = new Live()
    expect(of([4]).merge(live).count).toBe(4)
    expect(live.reads).toBe(1)
    void live.toJSON()
    void live.percentiles
    void live.minBigInt
    inspect(live)
    expect(live.reads).toBe(5)
  })

  test('refuses another shape', () => {
    const merge = (): unknown => of([1]).merge(of([1], { error: 0.1 }))
    expect(merge).toThrow(RseqError)
    expect(merge).toThrow(expect.objectContaining({ code: 'ERR_RSEQ_KIND' }))
  })

  test.each([undefined, null, {}, createHistogram()])('refuses %o', (other) => {
    expect(() => of([1]).merge(other as never)).toThrow('merge: expected a histogram or a snapshot')
  })
})

describe('util.inspect', () => {
  test('shows what Node shows, in short', () => {
    expect(inspect(of(integersTo(100), {}, 'latency'))).toBe(
      `HistogramSnapshot {
  name: 'latency',
  count: 100,
  min: 1,
  max: 100,
  mean: 50.5,
  p50: 50,
  p90: 90,
  p99: 99
}`,
    )
    expect(inspect({ a: { b: of([1]) } }, { depth: 0 })).toBe('{ a: [Object] }')
    expect(inspect({ a: of([1]) }, { depth: 0 })).toBe('{ a: [HistogramSnapshot] }')
  })
})
