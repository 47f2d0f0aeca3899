import type { Figure, Histogram, Noise } from './limits'

/** Above it, two runs of the same thing differ so much that a ratio of two things says little. */
export const NOISE_LIMIT = 0.25

/**
 * The `q` quantile, interpolated between the two nearest samples.
 *
 * @param q 0 to 1
 * @throws {RangeError} without samples
 */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) throw new RangeError('quantile: expected samples, received none')
  return quantileOf(
    [...samples].sort((a, b) => a - b),
    q,
  )
}

/** … of samples in ascending order, at least one. */
export function quantileOf(sorted: ArrayLike<number>, q: number): number {
  const at = (sorted.length - 1) * q
  const below = sorted[Math.floor(at)] as number
  const above = sorted[Math.ceil(at)] as number
  return below + (above - below) * (at - Math.floor(at))
}

/** Several of them; 0 without samples. */
export function quantilesOf<const Q extends readonly number[]>(
  sorted: ArrayLike<number>,
  ...qs: Q
): { [K in keyof Q]: number } {
  return qs.map((q) => (sorted.length === 0 ? 0 : quantileOf(sorted, q))) as { [K in keyof Q]: number }
}

/** Median, 10th and 90th percentile, and the distribution. */
export function figureOf(samples: readonly number[]): Figure {
  return {
    median: quantile(samples, 0.5),
    low: quantile(samples, 0.1),
    high: quantile(samples, 0.9),
    samples: samples.length,
    histogram: histogramOf(samples),
  }
}

const MOST_RANGES = 32

/** Where the samples are; the outermost hundredth on each side would leave no room for the others. */
export function histogramOf(samples: readonly number[]): Histogram {
  const [low, high] = [quantile(samples, 0.01), quantile(samples, 0.99)]
  const counts = new Array<number>(Math.min(MOST_RANGES, Math.ceil(2 * Math.sqrt(samples.length)))).fill(0)
  for (const sample of samples) {
    if (sample < low || sample > high) continue
    const at = high === low ? 0 : Math.floor(((sample - low) / (high - low)) * counts.length)
    const range = Math.min(at, counts.length - 1)
    counts[range] = (counts[range] as number) + 1
  }
  return { low, high, counts }
}

/** The verdict on rounds of one and the same loop. */
export function noiseOf(samples: readonly number[], limit = NOISE_LIMIT): Noise {
  const { median, low, high } = figureOf(samples)
  const spread = (high - low) / median
  return { spread, limit, quiet: spread <= limit }
}
