import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { distinct } from '../../../src/ts/cli/top/distinct'
import { frame, type View } from '../../../src/ts/cli/top/frame'
import { arranged, type MetricRow, rowsOf } from '../../../src/ts/cli/top/rows'
import { layoutFor, plainTable, rowLine } from '../../../src/ts/cli/top/table'
import { paint } from '../../support/command'
import { facts, type Labels, look, metric, start } from '../../support/top-samples'

const WIDTHS = [40, 60, 80, 120, 200]

const WORDS = [
  'api',
  'v1',
  'users',
  ':id',
  'GET',
  '200',
  '事件',
  'ログ',
  'e\u0301',
  '👍',
  'a',
  'x y',
  '"',
  '~1',
  '…',
  '',
]
const NAMES = [
  'requests_total',
  'http_server_request_duration_seconds',
  'http_server_request_size_bytes',
  '事件の数',
  'e',
]
const KEYS = ['method', 'route', 'code', 'where', 'イベント']

type Made = [name: string, labels: Labels, value: number]

const value = fc
  .tuple(fc.array(fc.constantFrom(...WORDS), { maxLength: 9 }), fc.constantFrom('/', '-', ' '))
  .map(([words, between]) => words.join(between))
/** Of each label some values, and rows that choose of them: like each other, as those of a service are. */
const table = fc
  .tuple(...KEYS.map(() => fc.array(value, { minLength: 1, maxLength: 5 })))
  .chain((values) =>
    fc.uniqueArray(
      fc.tuple(
        fc.constantFrom(...NAMES),
        fc.record(
          Object.fromEntries(KEYS.map((key, i) => [key, fc.constantFrom(...(values[i] as string[]))])),
          { requiredKeys: ['where'] },
        ) as fc.Arbitrary<Labels>,
        fc.nat(999),
      ) as fc.Arbitrary<Made>,
      { selector: ([name, labels]) => JSON.stringify([name, labels]), minLength: 1, maxLength: 40 },
    ),
  )

const rowsAt = (made: readonly Made[], plus = 0): MetricRow[] =>
  rowsOf(look(1000, ...made.map(([name, labels, value]) => metric(name, value + plus, labels))), null)

/** What names and labels show of each row. */
function texts(rows: readonly MetricRow[], width: number): string[] {
  const { columns } = layoutFor(rows, width)
  const shown = columns.filter(([{ head }]) => head === 'NAME' || head === 'LABELS')
  return rows.map((row) => shown.map(([column, room]) => column.cell(row, room)).join(' | '))
}

function screen(rows: readonly MetricRow[], columns: number): string[] {
  const view: View = {
    ...{ facts, rows, found: rows.length, known: rows.length, choices: start, interval: 1 },
    split: () => null,
  }
  return frame(view, { columns, rows: 80 }, paint)
}

describe.each(WIDTHS)('at %i columns', (width) => {
  test('no two rows look the same, and no line is wider', () => {
    fc.assert(
      fc.property(table, (made) => {
        const rows = rowsAt(made)
        // As on a screen, where two columns say which row is selected.
        const shown = texts(rows, width - 2)
        expect(new Set(shown).size, shown.toSorted().join('\n')).toBe(rows.length)
        for (const line of new Set([...screen(rows, width), ...plainTable(rows, width)])) {
          expect(stringWidth(line), line).toBeLessThanOrEqual(width)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('nothing but numbers changes where nothing else does, whatever the order', () => {
    fc.assert(
      fc.property(table, (made) => {
        const before = texts(rowsAt(made), width - 2)
        const turned = texts(rowsAt(made.toReversed()), width - 2)
        expect(turned.toReversed()).toEqual(before)
        const [one, other] = [0, 7].map((plus) =>
          screen(arranged(rowsAt(made, plus), 'name', ''), width).map((line) =>
            line.replace(/ *[\d.,]+k?/g, ' #'),
          ),
        )
        expect(other).toEqual(one)
      }),
      { numRuns: 10 },
    )
  })
})

describe('texts that are cut', () => {
  const cells = (width: number, ...texts: string[]) => [
    ...distinct(new Map(texts.map((text) => [text, text])), width).values(),
  ]

  test('are cut at their ends where that tells them apart', () => {
    expect(cells(8, 'requests_total', 'errors_total')).toEqual(['request…', 'errors_…'])
  })

  test('are cut in the middle, or at the start, where they begin alike', () => {
    const routes = ['/api/v1/users', '/api/v1/users/:id', '/api/v1/orders/:id', '/api/v1/orders/:id/items']
    expect(cells(16, ...routes)).toEqual([
      '/api/v1/users',
      '/api/v1/users/:…',
      '/api/…orders/:id',
      '/api/…/:id/items',
    ])
    expect(cells(9, ...routes)).toEqual(['…v1/users', '…sers/:id', '…ders/:id', '…id/items'])
    expect(cells(6, '/a/b/users/:id', '/a/b/orders/:id')).toEqual(['…/use…', '…/ord…'])
  })

  test('are cut around what differs where they begin and end alike', () => {
    const heap = ['heap_space_size_total_bytes', 'heap_space_size_used_bytes', 'heap_size_total_bytes']
    expect(cells(12, ...heap)).toEqual(['…total_bytes', '…_used_bytes', 'heap_size_t…'])
    const both = ['heap_size_total_bytes', ...heap.slice(0, 2)].map((name) => `node_${name}`)
    const shown = cells(12, ...both)
    expect(new Set(shown).size).toBe(3)
    expect(shown.join()).not.toContain('~')
  })

  test('have a number where nothing else tells them apart', () => {
    expect(
      distinct(
        new Map([
          ['b', 'the same text'],
          ['a', 'the same text'],
        ]),
        8,
      ),
    ).toEqual(
      new Map([
        ['b', 'the s…~2'],
        ['a', 'the s…~1'],
      ]),
    )
  })
})

describe('labels', () => {
  const service = { service: 'shop', region: 'eu-central-1' }
  const routes = ['/api/v1/users/:id', '/api/v1/users/:id/orders', '/api/v1/orders/:id']
  const made = routes.flatMap((route) =>
    ['GET', 'POST'].flatMap((method) =>
      ['200', '404', '500'].map(
        (code): Made => ['http_requests_total', { ...service, method, route, code }, 1],
      ),
    ),
  )
  const rows = rowsAt(made)

  test('are all there where there is room', () => {
    const { shared } = layoutFor(rows, 200)
    expect(shared).toBe('')
    expect(texts(rows, 200)[0]).toContain('service="shop" region="eu-central-1" method="GET"')
  })

  test('that all rows share are said once, above the table', () => {
    const lines = screen(rows, 100)
    expect(lines).toContain('all: service="shop" region="eu-central-1"')
    expect(texts(rows, 100).join()).not.toContain('eu-central-1')
    expect(texts(rows, 100)[0]).toBe('http_requests_total | 200 GET /api/v1/users/:id')
  })

  test('show values alone where there is less room, each cut in its own place', () => {
    const { columns } = layoutFor(rows, 38)
    expect(columns.map(([{ head }]) => head)).toEqual(['NAME', 'LABELS', 'NOW'])
    const shown = texts(rows, 38)
    expect(shown[0]).toBe('http_request… | 200 GET …/user…')
    expect(shown[6]).toBe('http_request… | 200 GET …orders')
  })

  test('leave room for one number: the rate, or the value of a gauge', () => {
    const now = look(
      1000,
      ...['a', 'b'].map((x) => metric('depth_of_queues', 7, { x: x.repeat(30) }, 'gauge')),
      metric('jobs_done_total', 9),
    )
    const all = rowsOf(now, look(0, metric('jobs_done_total', 4)))
    const layout = layoutFor(all, 38)
    expect(all.map((row) => rowLine(layout, row).slice(-7))).toEqual(['      7', '      7', '    5/s'])
  })

  test('of a name with one set of them stay where there is room', () => {
    const errors: Made = ['errors_total', { code: '500' }, 1]
    expect(texts(rowsAt([errors, ['queue', {}, 1]]), 38)[0]).toBe('errors_total | code="500"')
  })
})
