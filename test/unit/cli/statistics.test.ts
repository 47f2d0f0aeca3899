import { describe, expect, test } from 'vitest'
import { figureOf, histogramOf, noiseOf, quantile } from '../../../src/ts/cli/kit/statistics'

describe('statistics', () => {
  test('quantiles are interpolated, and samples need no order', () => {
    const samples = [5, 1, 4, 2, 3]
    expect([0, 0.1, 0.5, 0.9, 1].map((q) => quantile(samples, q))).toEqual([1, 1.4, 3, 4.6, 5])
    expect(samples).toEqual([5, 1, 4, 2, 3])
    expect(quantile([1, 2], 0.5)).toBe(1.5)
    expect(quantile([7], 0.9)).toBe(7)
    expect(() => quantile([], 0.5)).toThrow(RangeError)
  })

  test('a figure is the median between the 10th and the 90th percentile', () => {
    const samples = Array.from({ length: 101 }, (_, i) => 100 - i)
    expect(figureOf(samples)).toMatchObject({ median: 50, low: 10, high: 90, samples: 101 })
  })

  test('a histogram is of the samples from the 1st to the 99th percentile', () => {
    const samples = Array.from({ length: 101 }, (_, i) => i)
    const { low, high, counts } = histogramOf(samples)
    expect([low, high, counts.length]).toEqual([1, 99, 21])
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(99)
    expect(Math.max(...counts)).toBeLessThanOrEqual(5)
    expect(histogramOf([7, 7, 7]).counts).toEqual([3, 0, 0, 0])
    expect(histogramOf([...samples, 1e9]).high).toBeLessThan(101)
    expect(histogramOf(Array.from({ length: 9999 }, (_, i) => i)).counts).toHaveLength(32)
  })

  test('noise is the spread by the median, and has a limit', () => {
    const even = noiseOf([1, 1, 1, 1.01, 0.99])
    expect(even.quiet).toBe(true)
    expect(even.spread).toBeCloseTo(0.012, 3)
    expect(noiseOf([1, 1, 1, 1, 2, 2]).quiet).toBe(false)
    // One bad round of twenty is none.
    expect(noiseOf([...Array.from({ length: 19 }, () => 1), 50]).quiet).toBe(true)
    expect(noiseOf([1, 1.4], 0.5)).toMatchObject({ limit: 0.5, quiet: true })
  })
})
