import type { HistogramSnapshot } from '../../histogram/reading'

const HEIGHTS = ' ▁▂▃▄▅▆▇█'
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

/**
 * How a histogram's samples are shared out, from the smallest to the largest: a block for each of at most `width` runs
 * of buckets. Where any samples are, there is at least the lowest block.
 */
export function bars(samples: HistogramSnapshot, width: number): string {
  const all = samples.buckets()
  const filled = all.filter(({ count }) => count > 0)
  const [first, last] = [filled[0], filled.at(-1)]
  if (first === undefined || last === undefined || width < 1) return ''
  // Chosen bounds are told side by side; buckets of a range by their ratio, for they widen with what they hold.
  const byBounds = all[0]?.from === Number.NEGATIVE_INFINITY
  const lowest = Math.max(first.from, samples.min, Number.MIN_VALUE)
  const indices = new Map(byBounds ? all.map((bucket, i) => [bucket, i]) : [])
  // Not the logarithm of a ratio: that of the largest number to the smallest is no number.
  const place = (bucket: typeof first): number =>
    byBounds ? (indices.get(bucket) ?? 0) : Math.log(Math.max(bucket.from, lowest)) - Math.log(lowest)
  const start = place(first)
  const span = place(last) - start
  const runs = new Array<number>(byBounds ? Math.min(width, span + 1) : width).fill(0)
  for (const bucket of filled) {
    const share = span > 0 ? (place(bucket) - start) / span : 0
    const run = Math.round(share * (runs.length - 1))
    runs[run] = (runs[run] as number) + bucket.count
  }
  const most = Math.max(...runs)
  return runs.map((n) => HEIGHTS[n === 0 ? 0 : Math.max(1, Math.round((n / most) * 8))]).join('')
}

/** A bar of up to `width` columns for a share from 0 to 1. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8)
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7]
}
