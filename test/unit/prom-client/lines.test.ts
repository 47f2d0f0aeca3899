import { expect, test, vi } from 'vitest'
import type { Merged } from '../../../lib/metrics/merged.js'
import { numbersOf } from '../../../lib/prom-client/page/lines.js'

function row(value: number, totals: number[] = []) {
  const merged = { value, totals: vi.fn(() => Float64Array.from(totals)) }
  return { labels: {}, merged: merged as typeof merged & Merged }
}

test('a histogram has a line for each bucket, its sum and its count, for which its buckets are added up once', () => {
  const rows = [row(7.5, [1, 1, 3]), row(0.5, [0, 2, 2])]
  const numberOf = numbersOf('histogram', [1, 2], rows)
  const lines = Array.from({ length: 10 }, (_, line) => numberOf(line))
  expect(lines).toEqual([1, 1, 3, 7.5, 3, 0, 2, 2, 0.5, 2])
  for (const { merged } of rows) expect(merged.totals).toHaveBeenCalledTimes(1)
})

test('anything else has one line a row', () => {
  const numberOf = numbersOf('counter', [], [row(2.5), row(3)])
  expect([numberOf(0), numberOf(1)]).toEqual([2.5, 3])
})
