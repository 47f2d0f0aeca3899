import { describe, expect, test } from 'vitest'
import { optionsOf } from '../../../src/ts/cli/top/options'
import { overview } from '../../../src/ts/cli/top/overview'
import { page } from '../../../src/ts/cli/top/page'
import type { Recording, Track } from '../../../src/ts/cli/top/record'
import { rowsOf } from '../../../src/ts/cli/top/rows'
import type { Facts } from '../../../src/ts/cli/top/service'
import { facts, histogram, look, metric } from '../../support/top-samples'

const rows = rowsOf(
  look(
    0,
    metric('requests_total', 900, { route: '/a' }),
    metric('requests_total', 100, { route: '/b' }),
    metric('sent', 1e9, {}, 'sum'),
    metric('queue', 1e6, {}, 'gauge'),
    histogram('wait_seconds', [0.1]),
    histogram('turn', [7], undefined, 'ms'),
    histogram('size_bytes', [1e6]),
  ),
  null,
)
const VALUES: Record<string, (number | null)[]> = {
  ...{ '/a': [90, null, 110], '/b': [10, 20, 30], sent: [1e9], queue: [1e6], wait_seconds: [3] },
  ...{ turn: [4], size_bytes: [5] },
}
/** 50, 90 and 99, look by look. */
const PERCENTILES: Record<string, ([number, number, number] | null)[]> = {
  wait_seconds: [[0.1, 0.2, 0.3], null, [0.1, 0.2, 0.9], [0.1, 0.2, 0.4]],
  turn: [[1, 2, 500]],
  size_bytes: [[1e6, 1e6, 1e6]],
}
const tracks = rows.map((row): Track => {
  const what = row.metric.labels.route ?? row.name
  return { row, values: VALUES[what] ?? [], percentiles: PERCENTILES[what] ?? [] }
})

/** Figure, text, what stands below it, and whether it is bad, of each card. */
function cards(
  about: Partial<Facts> = {},
  more: Partial<Recording> = {},
): [string, string, string, boolean][] {
  const recording = {
    times: [1, 2, 3],
    tracks: new Map(tracks.map((track) => [track.row.key, track])),
    found: tracks.length,
    ...more,
  }
  const text = page({ ...facts, ...about }, recording, optionsOf({ html: 'x' }), new Date(0))
  const list = /<ul class="headlines">(.*?)<\/ul>/s.exec(text)?.[1] ?? ''
  const card = /<li( class="bad")?><strong>(.*?)<\/strong><span>(.*?)<\/span><small>(.*?)<\/small><\/li>/gs
  return [...list.matchAll(card)].map(([, bad, figure = '', what = '', small = '']) => [
    figure,
    what.replaceAll('<wbr>', '').replaceAll('<br>', ' ').replaceAll('&quot;', '"'),
    small,
    bad !== undefined,
  ])
}

describe('the page of rseq top begins with', () => {
  test('how much there is, what is counted most, what is slowest, how full it is, and whether all is there', () => {
    expect(cards()).toEqual([
      ['7', 'series, of 6 names', '3 processes count them, 1 dead', false],
      ['100/s', 'is counted most: requests_total route="/a"', 'on average; at most 110/s', false],
      // The median of those of looks that had samples, whatever the unit.
      ['500ms', 'is the slowest 99th percentile: turn', 'in the median look; at worst 500ms', false],
      [
        '0.1 %',
        'of the region is in use',
        '3 of 1.05M names, 5,320 of 4.19M cells; 73.7kB of memory, 475MB at most',
        false,
      ],
      ['none', 'of the counts are lost', 'each write had room, and the region is whole', false],
    ])
  })

  test('the same of hours at the shortest interval', () => {
    const looks = 200_000
    const long = tracks.map(({ row, values: [value = null], percentiles: [some = null] }): Track => {
      return { row, values: Array(looks).fill(value), percentiles: Array(looks).fill(some) }
    })
    const all = new Map(long.map((track) => [track.row.key, track]))
    expect(String(overview(facts, { times: [], tracks: all, found: 7 }))).toMatch(
      /at most 90\/s.*at worst 500ms/,
    )
  })

  test('no figure that nothing has', () => {
    const figures = cards({ living: 1, dead: 0 }, { tracks: new Map(), found: 0 })
    expect(figures.map(([figure]) => figure)).toEqual(['0', '0.1 %', 'none'])
    expect(figures[0]?.[2]).toBe('1 process counts them')
  })

  test('what went wrong, which stands out', () => {
    const last = (about: Partial<Facts>) => cards(about).at(-1)
    expect(last({ lostWrites: 3 })).toEqual([
      '3',
      'Counts are missing: the file system was full, and 3 writes had no room.',
      'see docs/reference/platforms.md',
      true,
    ])
    expect(last({ trouble: 'gone' })?.slice(0, 2)).toEqual([
      'lost',
      'The region cannot be read any more: gone',
    ])
    expect(cards({ cells: { used: 95, capacity: 100 } })[3]).toEqual([
      '95 %',
      'of the region is in use: what finds no room counts in its process alone',
      expect.any(String),
      true,
    ])
  })
})
