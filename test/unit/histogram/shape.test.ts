import { describe, expect, test } from 'vitest'
import {
  Buckets,
  bucketsOf,
  DEFAULT_SHAPE,
  type Shape,
  sameShape,
  shapeOf,
} from '../../../lib/contract/buckets.js'

const WHAT = 'options'

function shape(options: object): Shape {
  const found = shapeOf(WHAT, options)
  if (found === null) throw new Error('no shape')
  return found
}

/** Bits of a double, and the other way, by other means than those under test. */
const doubles = new Float64Array(1)
const words = new BigInt64Array(doubles.buffer)

function bitsOf(x: number): bigint {
  doubles[0] = x
  return words[0] as bigint
}

function fromBits(bits: bigint): number {
  words[0] = bits
  return doubles[0] as number
}

/** shape.h's bucket(), of a range. */
function expectedBucket({ shape, extra }: Shape, x: number): number {
  const [lowest, highest] = extra as unknown as [number, number]
  const drop = BigInt(52 - shape)
  const base = bitsOf(lowest) >> drop
  const last = Number((bitsOf(highest) >> drop) - base) + 2
  const i = Number((bitsOf(x) >> drop) - base)
  if (i >= 0 && i < last - 1) return i + 1
  return x < lowest ? 0 : last
}

/** Doubles of every magnitude between two. */
function* spread(low: number, high: number, count: number): Generator<number> {
  const [from, to] = [Number(bitsOf(low)), Number(bitsOf(high))]
  for (let i = 0; i < count; i++) {
    const x = fromBits(BigInt(Math.floor(from + Math.random() * (to - from))))
    yield Math.min(high, Math.max(low, x))
  }
}

const ranges = [
  {},
  { error: 0.25 },
  { error: 0.001 },
  { error: 2 ** -15, lowest: 1, highest: 5 },
  { lowest: 1.03, highest: 1000 },
  { lowest: 3, highest: 3.0001 },
  { error: 0.1, lowest: 2 ** -1022, highest: Number.MAX_VALUE },
]

describe('shapeOf', () => {
  test('says nothing where the options do not', () => {
    expect(shapeOf(WHAT, undefined)).toBeNull()
    expect(shapeOf(WHAT, {})).toBeNull()
    expect(shapeOf(WHAT, { help: 'x' } as object)).toBeNull()
  })

  test.each([
    [0.25, 1],
    [0.2, 2],
    [0.01, 6],
    [0.001, 9],
    [2 ** -7, 6],
    [2 ** -7 - 2 ** -30, 7],
    [2 ** -15, 14],
  ])('an error of %d takes %i bits', (error, bits) => {
    expect(shape({ error }).shape).toBe(bits)
  })

  test('takes the rest from the default', () => {
    expect(shape({ error: 0.01 })).toEqual(DEFAULT_SHAPE)
    expect([...DEFAULT_SHAPE.extra]).toEqual([2 ** -30, 2 ** 53])
    expect(shape({ highest: 10 })).toEqual({ shape: 6, extra: Float64Array.of(2 ** -30, 10) })
    expect(shape({ lowest: 10 })).toEqual({ shape: 6, extra: Float64Array.of(10, 2 ** 53) })
  })

  test('takes bounds, in memory of their size', () => {
    const { shape: bits, extra } = shape({ buckets: [-1, 0, 0.5, 10] })
    expect(bits).toBe(0)
    expect([...extra]).toEqual([-1, 0, 0.5, 10])
    expect(extra.buffer.byteLength).toBe(32)
    expect(shape({ buckets: Array.from({ length: 4096 }, (_, i) => i) }).extra).toHaveLength(4096)
  })

  test.each([
    [null, TypeError, 'options: expected an object, received null'],
    [1, TypeError, 'received 1'],
    [{ error: '0.1' }, TypeError, 'options.error: expected a number from 0.000030517578125 to 0.25'],
    [{ error: null }, TypeError, 'received null'],
    [{ error: 0 }, RangeError, 'received 0'],
    [{ error: 0.26 }, RangeError, 'received 0.26'],
    [{ error: Number.NaN }, RangeError, 'received NaN'],
    [{ lowest: 0 }, RangeError, 'options.lowest: expected a finite number from 2.2250738585072014e-308'],
    [{ lowest: 1n }, TypeError, 'received the bigint 1n'],
    [{ lowest: Number.POSITIVE_INFINITY }, RangeError, 'received Infinity'],
    [{ lowest: 2 ** 54 }, RangeError, 'options.highest: expected a finite number above lowest'],
    [{ lowest: 5, highest: 5 }, RangeError, 'above lowest, 5, received 5'],
    [{ highest: Number.POSITIVE_INFINITY }, RangeError, 'received Infinity'],
    [{ highest: '7' }, TypeError, 'received the string "7"'],
    [{ buckets: [1], error: 0.1 }, TypeError, 'no error, lowest or highest beside it'],
    [{ buckets: [1], highest: 1 }, TypeError, 'no error, lowest or highest beside it'],
    [{ buckets: {} }, TypeError, 'options.buckets: expected an array of numbers, received an object'],
    [{ buckets: null }, TypeError, 'received null'],
    [{ buckets: Float64Array.of(1) }, TypeError, 'an array of numbers'],
    [{ buckets: [] }, RangeError, 'options.buckets.length: expected 1 to 4096, received 0'],
    [{ buckets: new Array(4097).fill(0) }, RangeError, 'received 4097'],
    [{ buckets: [1, 1] }, RangeError, 'options.buckets[1]: expected a finite number above 1, received 1'],
    [{ buckets: [0, -0] }, RangeError, 'above 0, received -0'],
    [{ buckets: [2, 1] }, RangeError, 'above 2, received 1'],
    [{ buckets: [Number.NaN] }, RangeError, 'received NaN'],
    [{ buckets: [1, Number.POSITIVE_INFINITY] }, RangeError, 'received Infinity'],
    [
      { buckets: new Array(2) },
      TypeError,
      'options.buckets[0]: expected a finite number, received undefined',
    ],
    [
      { buckets: [1, '2'] },
      TypeError,
      'options.buckets[1]: expected a finite number, received the string "2"',
    ],
  ])('refuses %o', (options, type, message) => {
    const ask = (): unknown => shapeOf(WHAT, options as object)
    expect(ask).toThrow(type)
    expect(ask).toThrow(message)
  })

  test('reads each property and each element once', () => {
    const reads: string[] = []
    const watched = (object: object): never =>
      new Proxy(object, {
        get(target, key) {
          reads.push(String(key))
          return Reflect.get(target, key)
        },
      }) as never
    shapeOf(WHAT, watched({ error: 0.1, lowest: 1, highest: 2 }))
    expect(reads.sort()).toEqual(['buckets', 'error', 'highest', 'lowest'])
    reads.length = 0
    shapeOf(WHAT, { buckets: watched([1, 2, 3]) })
    expect(reads).toEqual(['length', '0', '1', '2'])
  })

  test('an array that changes while it is read is what was read', () => {
    const bounds = [1, 2, 3]
    Object.defineProperty(bounds, 0, {
      get() {
        bounds.length = 1
        return 1
      },
    })
    expect(() => shapeOf(WHAT, { buckets: bounds })).toThrow('options.buckets[1]')
    const lying = new Proxy([1], { get: (_, key) => (key === 'length' ? 1.5 : 1) })
    expect(() => shapeOf(WHAT, { buckets: lying })).toThrow('options.buckets.length')
  })
})

describe('Buckets of a range', () => {
  test.each(ranges)('each value of %o is in its bucket, and near to its middle', (options) => {
    const error = (options as { error?: number }).error ?? 0.01
    const mine = shapeOf(WHAT, options) ?? DEFAULT_SHAPE
    const [lowest, highest] = mine.extra as unknown as [number, number]
    const buckets = new Buckets(mine)
    expect(buckets.byBounds).toBe(false)
    for (const x of [lowest, highest, ...spread(lowest, highest, 5000)]) {
      const i = expectedBucket(mine, x)
      const near = Math.abs(buckets.middle(i) - x) / x <= error
      const inside = buckets.from(i) <= x && x < buckets.to(i)
      if (buckets.indexOf(x) !== i || !inside || !near) {
        expect.fail(`${x}: bucket ${i}, ${buckets.from(i)} to ${buckets.to(i)}, ${buckets.indexOf(x)}`)
      }
    }
  })

  test.each(ranges)('where a bucket of %o ends the next one begins, to the bit', (options) => {
    const mine = shapeOf(WHAT, options) ?? DEFAULT_SHAPE
    const [lowest, highest] = mine.extra as unknown as [number, number]
    const buckets = new Buckets(mine)
    expect(buckets.count).toBe(expectedBucket(mine, Number.POSITIVE_INFINITY) + 1)
    for (let i = 1; i < buckets.count; i++) {
      const edge = buckets.from(i)
      const before = fromBits(bitsOf(edge) - 1n)
      const isBetween = expectedBucket(mine, before) === i - 1 && expectedBucket(mine, edge) === i
      if (buckets.to(i - 1) !== edge || !isBetween) expect.fail(`bucket ${i} from ${edge}`)
    }
    expect(buckets.from(1)).toBeLessThanOrEqual(lowest)
    expect(buckets.to(1)).toBeGreaterThan(lowest)
    expect(buckets.from(buckets.count - 2)).toBeLessThanOrEqual(highest)
    expect(buckets.to(buckets.count - 2)).toBeGreaterThan(highest)
  })

  test('the first begins at 0, the last is all above', () => {
    const buckets = new Buckets(shape({ lowest: 1, highest: 1000 }))
    const last = buckets.count - 1
    expect([buckets.from(0), buckets.to(0), buckets.middle(0)]).toEqual([0, 1, 0.5])
    expect([buckets.from(last), buckets.to(last)]).toEqual([1008, Number.POSITIVE_INFINITY])
    expect(buckets.middle(last)).toBe(1008)
    expect(buckets.indexOf(0)).toBe(0)
    expect(buckets.indexOf(-0)).toBe(0)
    expect(buckets.indexOf(Number.MIN_VALUE)).toBe(0)
    expect(buckets.indexOf(-1)).toBe(0)
    expect(buckets.indexOf(-Number.MAX_VALUE)).toBe(0)
    expect(buckets.indexOf(1007.9999999999999)).toBe(last - 1)
    expect(buckets.indexOf(1008)).toBe(last)
    expect(buckets.indexOf(Number.MAX_VALUE)).toBe(last)
  })

  test('the default takes what its documentation says', () => {
    expect(Math.round((new Buckets(DEFAULT_SHAPE).count * 8) / 1024)).toBe(42)
    expect(Math.round((new Buckets(shape({ error: 0.001 })).count * 8) / 1024)).toBe(332)
  })
})

describe('Buckets by bounds', () => {
  const bounds = [-1.5, 0, 0.25, 1, 10]
  const buckets = new Buckets(shape({ buckets: bounds }))

  test('hold their upper bounds', () => {
    expect(buckets.byBounds).toBe(true)
    expect(buckets.count).toBe(6)
    for (let x = -3; x < 12; x += 0.125) {
      const above = bounds.findIndex((bound) => x <= bound)
      expect(buckets.indexOf(x)).toBe(above < 0 ? 5 : above)
    }
    expect(Array.from({ length: 6 }, (_, i) => buckets.from(i))).toEqual([
      Number.NEGATIVE_INFINITY,
      ...bounds,
    ])
    expect(Array.from({ length: 6 }, (_, i) => buckets.to(i))).toEqual([...bounds, Number.POSITIVE_INFINITY])
  })

  test('have a middle, or the end that is finite', () => {
    expect(Array.from({ length: 6 }, (_, i) => buckets.middle(i))).toEqual([
      -1.5, -0.75, 0.125, 0.625, 5.5, 10,
    ])
    expect(buckets.middle(5, -2, 30)).toBe(20)
    expect(buckets.middle(0, -3.5, 30)).toBe(-2.5)
  })
})

describe('shapes of a directory', () => {
  const bytes = (...numbers: number[]): ArrayBuffer => Float64Array.from(numbers).buffer

  test('are read back', () => {
    for (const options of [...ranges.slice(1), { buckets: [1, 2, 4] }]) {
      const written = shape(options)
      const read = bucketsOf(written.shape, written.extra.buffer as ArrayBuffer)
      expect(read?.shape).toEqual(written)
      expect(read?.count).toBe(new Buckets(written).count)
    }
  })

  test.each([
    ['no numbers', 0, bytes()],
    ['bytes that are no doubles', 0, new ArrayBuffer(9)],
    ['decreasing bounds', 0, bytes(2, 1)],
    ['an infinite bound', 0, bytes(1, Number.POSITIVE_INFINITY)],
    ['too many bounds', 0, bytes(...Array.from({ length: 4097 }, (_, i) => i))],
    ['a range of one number', 6, bytes(1)],
    ['a range of three', 6, bytes(1, 2, 3)],
    ['a range from 0', 6, bytes(0, 1)],
    ['a range of NaN', 6, bytes(1, Number.NaN)],
    ['an empty range', 6, bytes(1, 1)],
    ['too much precision', 15, bytes(1, 2)],
    ['no precision', -1, bytes(1, 2)],
  ])('are not %s', (_, bits, extra) => {
    expect(bucketsOf(bits, extra)).toBeNull()
  })

  test('are the same where all numbers are', () => {
    expect(sameShape(shape({ error: 0.01 }), DEFAULT_SHAPE)).toBe(true)
    expect(sameShape(shape({ error: 0.009 }), DEFAULT_SHAPE)).toBe(true)
    expect(sameShape(shape({ error: 0.001 }), DEFAULT_SHAPE)).toBe(false)
    expect(sameShape(shape({ lowest: 1 }), DEFAULT_SHAPE)).toBe(false)
    expect(sameShape(shape({ buckets: [1, 2] }), shape({ buckets: [1, 2] }))).toBe(true)
    expect(sameShape(shape({ buckets: [1, 2] }), shape({ buckets: [1, 2, 3] }))).toBe(false)
    expect(sameShape(shape({ buckets: [1, 2] }), shape({ error: 0.25, lowest: 1, highest: 2 }))).toBe(false)
  })
})
