import stringWidth from 'string-width'
import { describe, expect, test, vi } from 'vitest'
import { Merged as Made } from '../../../lib/metrics/merged.js'
import { bar, bars } from '../../../src/ts/cli/kit/bars'
import { clean } from '../../../src/ts/cli/kit/clean'
import { amount, compact, duration, exact } from '../../../src/ts/cli/kit/format'
import type { Key } from '../../../src/ts/cli/kit/screen'
import { cut, flow, padded, widthOf } from '../../../src/ts/cli/kit/text'
import { chart, ticks } from '../../../src/ts/cli/top/chart'
import { type Choices, press } from '../../../src/ts/cli/top/choices'
import { detail } from '../../../src/ts/cli/top/detail'
import { frame, type View } from '../../../src/ts/cli/top/frame'
import { document, type TopJson } from '../../../src/ts/cli/top/json'
import { optionsOf } from '../../../src/ts/cli/top/options'
import { page } from '../../../src/ts/cli/top/page'
import { arranged, distribution, rowsOf } from '../../../src/ts/cli/top/rows'
import type { Facts } from '../../../src/ts/cli/top/service'
import { layoutFor, plainTable } from '../../../src/ts/cli/top/table'
import type { Merged } from '../../../src/ts/metrics/merged'
import { paint } from '../../support/command'
import { facts, histogram, look, metric, start } from '../../support/top-samples'

const HOSTILE = 'a\u001b[2J\u0007\n\u202e</title>'
const many = look(
  0,
  metric('requests_total', 1_234_567, { method: 'GET', route: '/a/very/long/route/that/fits/nowhere' }),
  metric('事件の数', 42, { where: '東京都千代田区' }),
  metric(HOSTILE, 1, { [HOSTILE]: HOSTILE }),
  metric('queue', -3.5, {}, 'gauge'),
  histogram('wait', [0.001, 0.002, 0.002, 0.3], undefined, 'seconds'),
  ...Array.from({ length: 40 }, (_, i) => metric(`filler_${i}`, i)),
)

function view(more: Partial<Choices> = {}, about = facts): View {
  const choices = { ...start, ...more }
  const rows = rowsOf(many, look(-1000, ...many.metrics.slice(1)))
  const split = () => [10, 20, 0, 1_000_000, 7]
  return {
    facts: about,
    rows: arranged(rows, choices.sort, choices.filter),
    known: rows.length,
    found: rows.length,
    choices,
    interval: 1,
    split,
  }
}

describe('text', () => {
  test('control characters, and those that turn text round, become something to see', () => {
    expect(clean(HOSTILE)).toBe('a␛[2J␇␊\ufffd</title>')
    expect(clean('\u007f\u009b\u200b')).toBe('␡\ufffd\ufffd')
    expect(clean('事件 é 👍')).toBe('事件 é 👍')
  })

  test('wide characters take two columns, and are never halved', () => {
    expect(widthOf('事件')).toBe(4)
    expect(cut('事件ログ', 8)).toBe('事件ログ')
    expect(cut('事件ログ', 6)).toBe('事件…')
    expect(cut('事件ログ', 5)).toBe('事件…')
    expect(padded('事件ログ', 6)).toBe('事件… ')
    expect(padded('事件', 6, 'right')).toBe('  事件')
    expect(cut('abc', 0)).toBe('')
    expect(cut('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…')
  })

  test('parts flow into lines', () => {
    expect(flow(['one', 'two', 'three', 'a long one'], 10)).toEqual(['one  two', 'three', 'a long one'])
    expect(flow(['far too long'], 5)).toEqual(['far …'])
  })
})

describe('numbers', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [999.6, '1k'],
    [1234, '1.23k'],
    [999_950, '1M'],
    [1e9, '1G'],
    [-15_300, '-15.3k'],
    [0.00213, '0.00213'],
    [2e-9, '2.0e-9'],
    [9.2e18, '9.2E'],
    [1e30, '1.0e+30'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-∞'],
  ])('%d is %s, in at most seven columns', (x, text) => {
    expect(compact(x)).toBe(text)
    expect(text.length).toBeLessThanOrEqual(7)
  })

  test('times and bytes are in a size to read, whatever their unit', () => {
    expect(amount(0.00213, 'seconds')).toBe('2.13ms')
    expect(amount(2.13, 'ms')).toBe('2.13ms')
    expect(amount(1500, 'ns')).toBe('1.5µs')
    expect(amount(90, 's')).toBe('90s')
    expect(amount(0.9999, 's')).toBe('1s')
    expect(amount(0, 'seconds')).toBe('0')
    expect(amount(2_500_000, 'bytes')).toBe('2.5MB')
    expect(amount(2500, 'toString')).toBe('2.5k')
    expect([59, 61, 3725, 90_000].map(duration)).toEqual(['59 s', '1 min', '1 h 2 min', '1 d 1 h'])
    expect(exact(1_234_567)).toBe('1,234,567')
  })
})

describe('rates', () => {
  const rate = (before: Merged[], now: Merged[]) => rowsOf(look(3000, ...now), look(1000, ...before))[0]

  test('are differences by time; of what is new, all of it', () => {
    expect(rate([metric('a', 10)], [metric('a', 50)])?.rate).toBe(20)
    expect(rate([metric('a', 10, { x: '1' })], [metric('a', 50, { x: '2' })])?.rate).toBe(25)
    expect(rate([metric('a', 10)], [metric('a', 6)])?.rate).toBe(-2)
    expect(rate([metric('g', 1, {}, 'gauge')], [metric('g', 5, {}, 'gauge')])?.rate).toBe(null)
    expect(rowsOf(look(0, metric('a', 5)), null)[0]?.rate).toBe(null)
  })

  test('a histogram has the samples since the look before', () => {
    const row = rate([histogram('h', [1, 1, 1])], [histogram('h', [1, 1, 1, 5, 9])])
    expect(row?.total).toBe(5)
    expect(row?.rate).toBe(1)
    expect(row?.recent?.count).toBe(2)
    expect(row?.recent?.percentile(100)).toBe(9)
    expect(row?.recent?.mean).toBe(7)
    expect(row?.recent?.percentile(50)).toBe(5)
    expect(distribution(histogram('h', [1, 1, 1, 5, 9]))?.mean).toBe(17 / 5)
  })

  test('one that was drained has what came since', () => {
    const row = rate([histogram('h', [1, 1, 1])], [histogram('h', [4, 8])])
    expect([row?.recent?.count, row?.recent?.mean, row?.rate]).toEqual([2, 6, 1])
  })
})

describe('sorting and filtering', () => {
  const rows = rowsOf(
    look(1000, metric('b', 5, { z: '1' }), metric('a', 5), metric('c', 9), metric('g', 7, {}, 'gauge')),
    look(0, metric('b', 1, { z: '1' }), metric('a', 1), metric('c', 8)),
  )
  const names = (sort: 'rate' | 'total' | 'name', filter = '') =>
    arranged(rows, sort, filter).map(({ name }) => name)

  test('largest first, by name where they are equal', () => {
    expect(names('rate')).toEqual(['a', 'b', 'c', 'g'])
    expect(names('total')).toEqual(['c', 'g', 'a', 'b'])
    expect(names('name')).toEqual(['a', 'b', 'c', 'g'])
  })

  test('a filter looks at names, labels and kinds', () => {
    expect(names('name', 'GAU')).toEqual(['g'])
    expect(names('name', 'z="1')).toEqual(['b'])
    expect(names('name', 'nothing')).toEqual([])
  })
})

describe('the table', () => {
  const rows = rowsOf(many, many)
  const heads = (width: number) => layoutFor(rows, width).columns.map(([{ head }]) => head)

  test('drops what matters least where there is no room', () => {
    expect(heads(36)).toEqual(['NAME', 'TOTAL', 'RATE/S'])
    expect(heads(40)).toEqual(['NAME', 'LABELS', 'TOTAL', 'RATE/S'])
    expect(heads(80)).toEqual(['NAME', 'LABELS', 'TOTAL', 'RATE/S', 'P50', 'P99'])
    expect(heads(200)).toHaveLength(11)
    expect(heads(5)).toEqual(['NAME'])
  })

  test('has no columns that say nothing of its rows', () => {
    const plain = rowsOf(look(0, metric('a', 1)), null)
    expect(layoutFor(plain, 200).columns.map(([{ head }]) => head)).toEqual([
      'NAME',
      'KIND',
      'TOTAL',
      'RATE/S',
    ])
  })

  test('says everything where there is room without end', () => {
    const lines = plainTable(rows, 10_000)
    expect(lines).toHaveLength(rows.length + 1)
    expect(lines.join('\n')).not.toContain('…')
    expect(lines[1]).toMatch(/^requests_total +method="GET" route="\/a\/very\/long.*" +counter +1,234,567/)
  })
})

test('what a histogram’s buckets have is added up a few times a look, however many there are', () => {
  const counts = vi.spyOn(Made.prototype, 'counts')
  const at = (time: number) => look(time, histogram('wait', [1, 2, 3]))
  rowsOf(at(1000), at(0))
  expect(counts.mock.calls.length).toBeLessThanOrEqual(4)
  counts.mockRestore()
})

describe('the screen', () => {
  const sizes = [40, 80, 200].flatMap((columns) => [5, 12, 24, 60].map((rows) => [columns, rows] as const))
  test.each(sizes)('%i × %i is filled, never overrun, and shows no control character', (columns, rows) => {
    for (const state of [
      {},
      { help: true },
      { filter: 'nothing' },
      { selected: 'x' },
      { typing: true, filter: HOSTILE },
    ]) {
      const lines = frame(view(state), { columns, rows }, paint)
      expect(lines).toHaveLength(rows)
      for (const line of lines) {
        expect(stringWidth(line), line).toBeLessThanOrEqual(columns)
        expect(line).not.toMatch(/[\p{C}]/u)
      }
    }
  })

  test('keeps the selected row in sight, and tells it from the others', () => {
    const rows = view({ sort: 'name' }).rows
    for (const index of [0, 20, rows.length - 1]) {
      const { key, name } = rows[index] as (typeof rows)[number]
      const lines = frame(view({ sort: 'name', selected: key }), { columns: 120, rows: 24 }, paint)
      const marked = lines.filter((line) => line.startsWith('> '))
      expect(marked).toHaveLength(1)
      expect(marked[0]).toContain(name)
    }
  })

  test('has the service above and the selected row’s CPUs below', () => {
    const text = frame(view(), { columns: 100, rows: 24 }, paint).join('\n')
    expect(text).toMatch(
      /^\/dev\/shm\/rseq-1000-4711-99-0123456789ab\nleader 4711 {2}application \/srv\/shop\/server.js \(main script\) {2}3 processes, 1 dead {2}up 1 h 2 min\nevery 1 s/,
    )
    expect(text).toMatch(/names 3\/1\.05M {2}cells 5,320\/4\.19M {2}4 CPUs {2}memory 73\.7kB\/475MB/)
    expect(text).toMatch(/cpu 3 +█+ 1M/)
    expect(text).toMatch(/overflow +7$/m)
  })

  test('says that the service has ended, or cannot be read', () => {
    const lines = (about: Facts) => frame(view({}, about), { columns: 90, rows: 24 }, paint).join('\n')
    expect(lines(facts)).not.toContain('ended')
    expect(lines({ ...facts, living: 0 })).toContain('The service has ended: these are its last values.')
    expect(lines({ ...facts, trouble: 'gone' })).toContain('The region cannot be read any more: gone')
  })

  test('of more CPUs than fit, it shows those that counted most, and the overflow cell', () => {
    const [row] = view().rows
    if (row === undefined) throw new Error('no row')
    const split = Array.from({ length: 257 }, (_, cpu) => (cpu === 200 ? 1e6 : cpu === 256 ? 3 : 1))
    const lines = detail(row, split, 80, 6)
    expect(lines.length).toBeLessThanOrEqual(6)
    expect(lines.join('\n')).toContain('cpu 200')
    expect(lines.join('\n')).toContain('overflow')
  })
})

describe('bars', () => {
  test('are as high as there are samples', () => {
    const of = (samples: number[], bounds?: number[]) => {
      const made = distribution(histogram('h', samples, bounds))
      return made === null ? '' : bars(made, 8)
    }
    expect(of([])).toBe('')
    expect(of([5])).toBe('█       ')
    expect(of([1, 1, 1, 1, 2, 2, 3], [1, 2, 3, 4])).toBe('█▄▂')
    expect(of([1, 1000])).toBe('█      █')
  })

  test('and as long as a share is', () => {
    expect([0, 0.5, 1, 2].map((share) => bar(share, 4))).toEqual(['', '██', '████', '████'])
    expect(bar(1 / 32, 4)).toBe('▏')
  })
})

describe('keys', () => {
  const keys = ['a', 'b', 'c']
  const named = (name: string, more: Partial<Key> = {}): Key => ({
    name,
    sequence: name.length === 1 ? name : '',
    ...more,
  })
  const whenPressed = (state: Choices, ...pressed: Key[]) =>
    pressed.reduce<Choices | null>((now, key) => now && press(now, key, keys, 2), state)

  test.each([
    [[named('down')], 'b'],
    [[named('j'), named('j'), named('j')], 'c'],
    [[named('end'), named('k')], 'b'],
    [[named('pagedown')], 'c'],
    [[named('end'), named('home')], 'a'],
  ])('%j selects', (pressed, selected) => {
    expect(whenPressed(start, ...pressed)?.selected).toBe(selected)
  })

  test('quit, or leave what was begun', () => {
    expect(whenPressed(start, named('q'))).toBe(null)
    expect(whenPressed(start, named('escape', { sequence: '\u001b' }))).toBe(null)
    expect(whenPressed({ ...start, typing: true }, named('c', { ctrl: true, sequence: '\u0003' }))).toBe(null)
    expect(whenPressed({ ...start, help: true }, named('escape'))).toEqual(start)
    expect(whenPressed({ ...start, typing: true, filter: 'x' }, named('escape'))).toEqual(start)
  })

  test('letters are text while a filter is typed', () => {
    const typed = whenPressed(
      start,
      { sequence: '/' },
      named('q'),
      named('j'),
      named('x'),
      named('backspace'),
      named('return'),
    )
    expect(typed).toEqual({ ...start, filter: 'qj' })
    expect(whenPressed({ ...start, typing: true }, { name: 'x', sequence: 'x', ctrl: true })?.filter).toBe('')
  })

  test('sort, pause, colours, help', () => {
    expect(whenPressed(start, named('s'))?.sort).toBe('total')
    expect(whenPressed(start, named('s'), named('s'), named('s'))?.sort).toBe('rate')
    expect(whenPressed(start, named('n'))?.sort).toBe('name')
    expect(whenPressed(start, named('p'))?.paused).toBe(true)
    expect(whenPressed(start, { name: 'space', sequence: ' ' })?.paused).toBe(true)
    expect(whenPressed(start, named('c'))?.coloured).toBe(true)
    expect(whenPressed(start, { sequence: '?' })?.help).toBe(true)
  })

  test('nothing happens where there is no row', () => {
    expect(press(start, named('down'), [], 5)).toEqual(start)
  })
})

describe('the document', () => {
  test('is JSON, whatever the numbers are', () => {
    const rows = rowsOf(
      look(2000, metric('a', 7, { b: 'c' }), metric('nan', Number.NaN, {}, 'gauge'), histogram('none', [])),
      look(0, metric('a', 1, { b: 'c' }), histogram('none', [])),
    )
    const made = document(facts, rows, ({ name }) => (name === 'a' ? [3, 4] : null), 2)
    const { region, ...rest } = JSON.parse([...made].join(''))
    expect(region).toMatchObject({
      path: facts.path,
      processes: { living: 3, dead: 1 },
      uptime: 3725,
      cpus: 4,
      bytes: 474_939_392,
      occupied: 73_728,
    })
    expect(rest).toEqual({
      schema: 1,
      interval: 2,
      metrics: [
        {
          name: 'a',
          labels: { b: 'c' },
          kind: 'counter',
          help: '',
          unit: '',
          rate: 3,
          value: 7,
          perCpu: [3, 4],
        },
        { name: 'nan', labels: {}, kind: 'gauge', help: '', unit: '', value: 'NaN' },
        {
          name: 'none',
          labels: {},
          kind: 'histogram',
          help: '',
          unit: '',
          rate: 0,
          count: 0,
          sum: 0,
          min: null,
          max: null,
          buckets: [['+Inf', 0]],
          percentiles: { 50: null, 90: null, 99: null, 99.9: null },
        },
      ],
    })
  })

  test('has cumulative buckets: of chosen bounds all, of a range those that hold samples', () => {
    const buckets = (one: Merged) =>
      (JSON.parse([...document(facts, rowsOf(look(0, one), null), () => null, null)].join('')) as TopJson)
        .metrics[0]?.buckets
    expect(buckets(histogram('h', [1, 2, 7], [1, 3, 5]))).toEqual([
      [1, 1],
      [3, 2],
      [5, 2],
      ['+Inf', 3],
    ])
    const counts = buckets(histogram('h', [1, 1, 100, 2 ** 60]))
    expect(counts?.map(([, count]) => count)).toEqual([2, 3, 4])
    expect(counts?.at(-1)?.[0]).toBe('+Inf')
  })
})

describe('the page', () => {
  const options = optionsOf({ html: 'x', sort: 'name' })
  const times = [1, 2, 3]
  const rows = rowsOf(many, many)
  const tracks = new Map(
    rows.map((row) => [
      row.key,
      { row, values: [1, null, 3], percentiles: [[0.1, 0.2, 0.3], null, [0.1, 0.2, 0.4]] },
    ]),
  )
  const html = page(facts, { times, tracks, found: tracks.size }, options, new Date(0))

  test('shows every metric as text that is only text, and needs nothing else', () => {
    expect(html.match(/<section>/g)).toHaveLength(rows.length)
    expect(html.match(/<svg /g)).toHaveLength(rows.length + 1)
    expect(html.match(/<\/title>/g)?.length).toBeGreaterThan(1)
    expect(html).toContain('a␛[2J␇␊\ufffd&lt;/title&gt;')
    expect(html).not.toMatch(/<script|javascript:|https?:|url\(|@import/)
    expect(html).toContain("default-src 'none'")
    expect(html.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })

  test('a gap in a series is a gap in its line', () => {
    const drawn = chart('x', times, [{ label: 'a', values: [1, null, 3] }], String).toString()
    expect(drawn).toMatch(/<path d="M[\d.]+ [\d.]+M[\d.]+ [\d.]+"\/>/)
    expect(drawn.match(/<circle/g)).toHaveLength(2)
  })

  test.each([
    [0, 0],
    [0, 7],
    [0, 1e9],
    [-5, 5],
    [0, 1e-9],
    [0, 5e-324],
    [0, 1.7e308],
    [-1.7e308, 0],
  ])('ticks enclose %d to %d', (low, high) => {
    const marks = ticks(low, high)
    expect(marks[0]).toBeLessThanOrEqual(low)
    expect(marks.at(-1)).toBeGreaterThanOrEqual(high)
    expect(marks.length).toBeGreaterThanOrEqual(2)
    expect(marks.length).toBeLessThanOrEqual(7)
  })
})
