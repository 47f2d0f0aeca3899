import { Worker } from 'node:worker_threads'
import { PerCpuBatch, PerCpuCounter, type PerCpuHandle, PerCpuHistogram, Region } from 'rseq'
import { describe, expect, test } from 'vitest'
import { fixtures, hasAddon, world } from '../../support/world'

const code = (wanted: string): unknown => expect.objectContaining({ name: 'RseqError', code: wanted })
const counts = (histogram: PerCpuHistogram): number[] => histogram.buckets().map(({ count }) => count)

/** Fewer of both where a machine is emulated; ten million samples in one world. */
const WORKERS = Number(process.env.RSEQ_TEST_WORKERS ?? 16)
const INCREMENTS = Number(process.env.RSEQ_TEST_INCREMENTS ?? 1_000_000)
const SAMPLES = (INCREMENTS * 10) / 16 / (world === 'default' ? 1 : 10)

describe(`PerCpuHistogram, world ${world}`, () => {
  test('records, and reads as Node’s histograms do', () => {
    const histogram = PerCpuHistogram.named('histogram.test', { help: 'Help', unit: 'ms' })
    for (let i = 1; i <= 1000; i++) histogram.record(i)
    expect(histogram).toMatchObject({ name: 'histogram.test', help: 'Help', unit: 'ms', labels: {} })
    expect(histogram).toMatchObject({ count: 1000, min: 1, max: 1000, sum: 500_500, exceeds: 0, mean: 500.5 })
    for (const p of [50, 90, 99, 99.9]) {
      expect(Math.abs(histogram.percentile(p) - p * 10) / (p * 10)).toBeLessThanOrEqual(0.01)
    }
    expect(PerCpuHistogram.named('histogram.test').count).toBe(1000)
  })

  test('takes 0, fractions, what is out of range, and how often', () => {
    const histogram = new PerCpuHistogram({ lowest: 1, highest: 1000 })
    histogram.record(0)
    histogram.record(0.25, 3)
    histogram.record(7, 2 ** 40)
    histogram.record(5000)
    histogram.record(2 ** 40 + 0.5)
    expect(histogram.count).toBe(2 ** 40 + 6)
    expect(histogram.exceeds).toBe(2)
    expect(histogram).toMatchObject({ min: 0, max: 2 ** 40 + 0.5 })
    expect(histogram.sum).toBe(0.75 + 7 * 2 ** 40 + 5000 + 2 ** 40 + 0.5)
  })

  test('buckets of one’s own hold their upper bound', () => {
    const histogram = new PerCpuHistogram({ buckets: [-1, 0.1, 1, 10] })
    for (const x of [-5, -1, 0, 0.1, 0.100001, 1, 5, 10, 10.5, 1e300]) histogram.record(x)
    expect(counts(histogram)).toEqual([2, 2, 2, 2, 2])
    expect(histogram).toMatchObject({ min: -5, max: 1e300, exceeds: 2 })
  })

  test('recordMany counts all or nothing', () => {
    const histogram = new PerCpuHistogram()
    histogram.recordMany(Float64Array.from({ length: 1000 }, (_, i) => i / 2))
    expect(histogram).toMatchObject({ count: 1000, sum: 249_750, min: 0, max: 499.5 })
    histogram.recordMany(new Float64Array(0))
    histogram.recordMany(new Float64Array(new SharedArrayBuffer(16)))
    expect(histogram.count).toBe(1002)
    for (const wrong of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      const record = (): void => histogram.recordMany(Float64Array.of(1, wrong, 2))
      expect(record).toThrow(RangeError)
      expect(record).toThrow(`samples[1]: expected a finite number, at least 0, received ${wrong}`)
    }
    for (const wrong of [[1], undefined, new Float32Array(1), new Int32Array(1), 5]) {
      expect(() => histogram.recordMany(wrong as never)).toThrow(TypeError)
    }
    expect(histogram.count).toBe(1002)
  })

  test('drain hands everything out once, and starts anew', () => {
    const histogram = new PerCpuHistogram()
    for (const x of [3, 5, 0.5]) histogram.record(x)
    const first = histogram.drain()
    expect(first).toMatchObject({ count: 3, min: 0.5, max: 5, sum: 8.5 })
    expect(histogram).toMatchObject({ count: 0, min: Number.NaN, max: 0, sum: 0 })
    histogram.record(4)
    const second = histogram.snapshot()
    expect(second).toMatchObject({ count: 1, min: 4, max: 4, sum: 4 })
    expect(first.merge(second)).toMatchObject({ count: 4, min: 0.5, max: 5, sum: 12.5 })
    expect(histogram.merge(first).count).toBe(4)
    histogram.reset()
    expect([first.count, second.count, histogram.count]).toEqual([3, 1, 0])
  })

  test('times what is sync and what is not, in its unit', async () => {
    const histogram = PerCpuHistogram.named('histogram.test timer', { unit: 'seconds' })
    const elapsed = histogram.timer()()
    const add = histogram.timer((a: number, b: number) => a + b)
    const later = histogram.timer(async (x: number) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return x
    })
    expect([add(1, 2), await later(5)]).toEqual([3, 5])
    expect(elapsed).toBeLessThan(1)
    expect(histogram.count).toBe(3)
    expect(histogram.max).toBeGreaterThan(0.01)
    expect(() => histogram.timer(5 as never)).toThrow(TypeError)
  })

  test.each([
    [Number.NaN, RangeError],
    [-1, RangeError],
    [-Number.MIN_VALUE, RangeError],
    [Number.POSITIVE_INFINITY, RangeError],
    ['1', TypeError],
    [1n, TypeError],
    [undefined, TypeError],
    [{ valueOf: (): number => 1 }, TypeError],
  ])('record(%p) throws and changes nothing', (x, type) => {
    const histogram = new PerCpuHistogram()
    expect(() => histogram.record(x as number)).toThrow(type)
    expect(() => histogram.record(x as number, 2)).toThrow(type)
    for (const count of [0, -1, 0.5, 2 ** 53]) expect(() => histogram.record(1, count)).toThrow(RangeError)
    expect(() => histogram.record(1, '1' as never)).toThrow(TypeError)
    expect(histogram.count).toBe(0)
  })

  test('an existing one is taken as it is, unless another shape is asked for', () => {
    const name = 'histogram.test shapes'
    PerCpuHistogram.named(name, { buckets: [1, 2] }).record(1.5)
    expect(PerCpuHistogram.named(name).count).toBe(1)
    expect(PerCpuHistogram.named(name, { buckets: [1, 2] }).count).toBe(1)
    for (const other of [{ buckets: [1, 3] }, { buckets: [1] }, { error: 0.1 }]) {
      expect(() => PerCpuHistogram.named(name, other)).toThrow(code('ERR_RSEQ_KIND'))
    }
    expect(() => PerCpuCounter.named(name)).toThrow(code('ERR_RSEQ_KIND'))
    expect(() => new PerCpuHistogram({ index: 'mm_cid' } as never)).toThrow(RangeError)
    expect(() => new PerCpuBatch([PerCpuHistogram.named(name) as never])).toThrow(TypeError)
  })

  test('is closed, and its memory is another’s', () => {
    const before = Region.process.usage
    for (let i = 0; i < 200; i++) {
      const histogram = new PerCpuHistogram({ error: i % 2 === 0 ? 0.01 : 0.1 })
      expect(histogram.count).toBe(0)
      histogram.record(i, 1000)
      histogram.close()
      expect(() => histogram.record(1)).toThrow(code('ERR_RSEQ_CLOSED'))
      expect(() => histogram.count).toThrow(code('ERR_RSEQ_CLOSED'))
    }
    expect(Region.process.usage).toEqual(before)
  })

  /** Samples of worker `w`, the same each time: an own generator, for the sum has to be known. */
  const samples = `
    function* samples(w, n, kind) {
      let seed = w + 1
      const next = () => ((seed = (seed * 48271) % 2147483647) / 2147483647)
      const normal = () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next())
      for (let i = 0; i < n; i++) {
        if (kind === 'uniform') yield Math.ceil(next() * 1e6)
        else if (kind === 'log-normal') yield Math.round(Math.exp(10 + 1.5 * normal()))
        else yield Math.round(Math.abs((i % 2 === 0 ? 1e3 : 1e6) * (1 + 0.1 * normal())))
      }
    }`

  test.each(['log-normal', 'uniform', 'bimodal'])(`%s samples of ${WORKERS} workers`, async (kind) => {
    const histogram = new PerCpuHistogram()
    const script = `
      const { workerData } = require('node:worker_threads')
      const { PerCpuHistogram } = require(${JSON.stringify(`${fixtures}/../../lib/index.js`)})
      ${samples}
      const histogram = PerCpuHistogram.from(workerData.handle)
      for (const x of samples(workerData.w, ${SAMPLES}, ${JSON.stringify(kind)})) histogram.record(x)`
    const handle: PerCpuHandle<'histogram'> = histogram.handle
    await Promise.all(
      Array.from({ length: WORKERS }, (_, w) => {
        const worker = new Worker(script, { eval: true, workerData: { handle, w } })
        return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
      }),
    )
    const generate = new Function(`${samples}; return samples`)() as (
      ...args: [number, number, string]
    ) => Iterable<number>
    const all = new Float64Array(WORKERS * SAMPLES)
    for (let w = 0; w < WORKERS; w++) all.set(Float64Array.from(generate(w, SAMPLES, kind)), w * SAMPLES)
    all.sort()
    const read = histogram.snapshot()
    const exact = (p: number): number => all[Math.ceil((p * 10 * all.length) / 1000) - 1] as number
    const errors = [50, 90, 99, 99.9].map((p) => Math.abs(read.percentile(p) / exact(p) - 1))
    console.log(
      `${world}: ${kind}: ${read.count} samples, errors ${errors.map((e) => e.toFixed(5)).join(' ')}`,
    )
    expect(Math.max(...errors)).toBeLessThanOrEqual(0.01)
    expect(read).toMatchObject({
      count: all.length,
      min: all[0],
      max: all.at(-1),
      sum: all.reduce((sum, x) => sum + x, 0),
    })
  })

  if (hasAddon)
    test('0.1 % is 0.1 %', () => {
      const histogram = new PerCpuHistogram({
        error: 0.001,
        lowest: 1,
        highest: 1e6,
        region: Region.create({ memfd: true }),
      })
      for (let i = 1; i <= 100_000; i++) histogram.record(i)
      for (const p of [10, 50, 99.9])
        expect(Math.abs(histogram.percentile(p) / (p * 1000) - 1)).toBeLessThan(0.001)
    })
})
