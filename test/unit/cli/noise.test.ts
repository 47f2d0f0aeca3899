import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { share } from '../../../src/ts/cli/kit/format'
import type { Gaps } from '../../../src/ts/cli/noise/gaps'
import { completions, latencyOf } from '../../../src/ts/cli/noise/latency'
import { formatCpus, parseCpus } from '../../../src/ts/cli/noise/options'
import { patternsIn } from '../../../src/ts/cli/noise/patterns'
import { timelineOf } from '../../../src/ts/cli/noise/result'
import { mostTaken, sentence } from '../../../src/ts/cli/noise/words'

const MS = 1e6

function gapsOf(...gaps: readonly (readonly [start: number, length: number])[]): Gaps {
  const sorted = gaps.toSorted((a, b) => a[0] - b[0])
  return {
    starts: Float64Array.from(sorted, ([start]) => start),
    lengths: Float64Array.from(sorted, ([, length]) => length),
  }
}

/** So many, evenly spaced. */
function regular(count: number, every: number, length: number, from = 0): [number, number][] {
  return Array.from({ length: count }, (_, i) => [from + i * every, length])
}

/** Gaps that do not overlap, within 10 ms. */
const anyGaps = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 1, max: 300_000 })), {
    maxLength: 30,
  })
  .map((pairs) => {
    let at = 0
    return pairs.map(([pause, length]): [number, number] => {
      const start = at + pause + 1
      at = start + length
      return [start, length]
    })
  })

describe('lists of CPUs', () => {
  test.each([
    ['0', [0]],
    ['0,2-3', [0, 2, 3]],
    ['3,1-2,2', [1, 2, 3]],
    ['65535', [65535]],
  ])('%s', (list, cpus) => expect(parseCpus(list)).toEqual(cpus))

  test.each(['', ',', '1,', '-1', '3-1', '0-', 'a', '0 1', '65536', '0-99999', '1e3', '0x1'])(
    'refuses %j',
    (list) => expect(parseCpus(list)).toBe(null),
  )

  test('are written as they are read', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 300 }), { minLength: 1 }), (cpus) => {
        const sorted = cpus.sort((a, b) => a - b)
        expect(parseCpus(formatCpus(sorted))).toEqual(sorted)
      }),
    )
    expect(formatCpus([0, 1, 2, 5, 7, 8])).toBe('0-2,5,7-8')
  })
})

describe('patterns', () => {
  test('a regular disturber is found among many short gaps, by rate, length and rhythm', () => {
    const ticks = regular(10_000, MS, 2000, 300_000)
    const [first, second] = patternsIn(gapsOf(...regular(200, 50 * MS, 3 * MS), ...ticks), 10_000 * MS)
    expect(first).toEqual({ gaps: 200, perSecond: 20, length: 3 * MS, share: 0.06, every: 50 * MS })
    // A thirtieth of what was taken: not worth a pattern.
    expect(second).toBe(undefined)
  })

  test('two disturbers of different lengths are two patterns', () => {
    const found = patternsIn(
      gapsOf(...regular(100, 100 * MS, 6 * MS), ...regular(1000, 10 * MS, MS / 2, 7 * MS)),
      10_000 * MS,
    )
    expect(found.map(({ length, every }) => [length, every])).toEqual([
      [6 * MS, 100 * MS],
      [MS / 2, 10 * MS],
    ])
  })

  test('what does not come regularly has no rhythm', () => {
    const starts = [0, 3, 4, 20, 21, 55, 80, 82].map((at): [number, number] => [at * MS, 1000])
    expect(patternsIn(gapsOf(...starts), 100 * MS)[0]).toMatchObject({ gaps: 8, every: null })
    expect(patternsIn(gapsOf(...regular(4, 10 * MS, 5)), 100 * MS)[0]?.every).toBe(null)
  })

  test('none without gaps', () => {
    expect(patternsIn(gapsOf(), MS)).toEqual([])
  })

  test('are at most three, share out at most what was taken, and come to more than half of it', () => {
    fc.assert(
      fc.property(anyGaps, (gaps) => {
        const found = patternsIn(gapsOf(...gaps), 20 * MS)
        const taken = gaps.reduce((sum, [, length]) => sum + length, 0) / (20 * MS)
        const named = found.reduce((sum, one) => sum + one.share, 0)
        expect(found.length).toBeLessThanOrEqual(3)
        expect(named).toBeLessThanOrEqual(taken * (1 + 1e-9))
        const count = found.reduce((sum, one) => sum + one.gaps, 0)
        expect(count).toBeLessThanOrEqual(gaps.length)
        expect(found.length > 0).toBe(gaps.length > 0)
        for (const { gaps: n } of found) expect(n).toBeGreaterThan(0)
      }),
    )
  })
})

describe('latency', () => {
  /** By walking through the gaps. */
  function done(gaps: readonly (readonly [number, number])[], start: number, work: number): number {
    let [time, left] = [start, work]
    for (const [from, length] of gaps) {
      if (from + length <= time) continue
      if (from >= time + left) break
      left -= Math.max(0, from - time)
      time = from + length
    }
    return time + left - start
  }

  test('without gaps, work takes as long as it is', () => {
    const times = completions(gapsOf(), 0, 10 * MS, MS)
    expect(times).toHaveLength(10_000)
    expect([Math.min(...times), Math.max(...times)].map(Math.round)).toEqual([MS, MS])
  })

  test('one gap of 3 ms in 50 holds up what begins in it, or less than its work before', () => {
    const times = completions(gapsOf([20 * MS, 3 * MS]), 0, 51 * MS, MS)
    // Of 50 ms of starts, 1 ms before it takes 4 ms, and 3 ms within it from 4 ms down to 1 ms.
    expect(latencyOf(MS, [times])).toEqual({
      work: MS,
      p50: expect.closeTo(MS, 3),
      p99: expect.closeTo(4 * MS, -3),
      p999: expect.closeTo(4 * MS, -3),
      worst: expect.closeTo(4 * MS, -3),
    })
    expect(times.filter((time) => time > MS + 1).length / 10_000).toBeCloseTo(4 / 50, 2)
  })

  test('is what a walk through the gaps says, for any gaps', () => {
    fc.assert(
      fc.property(anyGaps, fc.constantFrom(1000, 100_000, MS), (gaps, work) => {
        const times = completions(gapsOf(...gaps), 0, 20 * MS, work)
        const last = 20 * MS - (times.at(-1) as number)
        const wrong = [...times.keys()].filter((i) => {
          if (i % 97 !== 0) return false
          const walked = done(gaps, (last * i) / (times.length - 1), work)
          return Math.abs(walked - (times[i] as number)) > 1
        })
        expect(wrong).toEqual([])
        expect(times).toHaveLength(10_000)
      }),
      { numRuns: 50 },
    )
  })

  test('there is none where the work does not fit in', () => {
    expect(completions(gapsOf(), 0, MS, MS)).toHaveLength(0)
    expect(completions(gapsOf([0, 8 * MS]), 0, 9 * MS, 2 * MS)).toHaveLength(0)
    expect(latencyOf(MS, [new Float64Array(), new Float64Array()])).toBe(null)
  })
})

describe('a timeline', () => {
  test('has what was taken of each column, and the longest gap that reaches into it', () => {
    expect(timelineOf(gapsOf([5, 2], [8, 7], [39, 1]), 4, 10)).toEqual({
      longest: [7, 7, 0, 1],
      taken: [4, 5, 0, 1],
    })
  })

  test('loses nothing', () => {
    fc.assert(
      fc.property(anyGaps, fc.integer({ min: 1, max: 50 }), (gaps, columns) => {
        const end = gaps.reduce((sum, [start, length]) => Math.max(sum, start + length), 1)
        const track = timelineOf(gapsOf(...gaps), columns, Math.ceil((end + 1) / columns))
        const sum = gaps.reduce((all, [, length]) => all + length, 0)
        expect(Math.abs(track.taken.reduce((a, b) => a + b, 0) - sum)).toBeLessThanOrEqual(columns)
        expect(Math.max(...track.longest)).toBe(Math.max(0, ...gaps.map(([, length]) => length)))
      }),
    )
  })
})

describe('words', () => {
  test('a pattern is a sentence', () => {
    const pattern = { gaps: 200, perSecond: 20, length: 3 * MS, share: 0.06, every: 50 * MS }
    expect(sentence({ ...pattern, cpu: 1, cause: 'threads' })).toBe(
      'CPU 1 is taken by other threads 20.0 times a second for 3.00 ms (every 50.0 ms): 6.0 % of its time.',
    )
    expect(sentence({ ...pattern, gaps: 1, every: null, cpu: 0, cause: 'interrupts' })).toBe(
      'CPU 0 is taken by interrupts once for 3.00 ms: 6.0 % of its time.',
    )
  })

  test.each([
    [0, '0 %'],
    [0.000_001, '< 0.001 %'],
    [0.000_05, '0.005 %'],
    [0.002, '0.20 %'],
    [0.06, '6.0 %'],
    [1, '100.0 %'],
  ])('%d is %s', (part, text) => expect(share(part)).toBe(text))

  test('of many CPUs those come first of which most was taken', () => {
    const cpus = [0.1, 0.5, 0.3, 0.2].map((taken, cpu) => ({ cpu, taken }))
    const numbers = ({ shown, rest }: ReturnType<typeof mostTaken>) =>
      [shown, rest].map((some) => some.map(({ cpu }) => cpu))
    expect(numbers(mostTaken(cpus, 2))).toEqual([
      [1, 2],
      [0, 3],
    ])
    expect(numbers(mostTaken(cpus, 4))).toEqual([[0, 1, 2, 3], []])
  })
})
