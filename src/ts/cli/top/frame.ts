import type { Colors } from 'picocolors/types'
import { amount, compact, duration, exact, plural } from '../kit/format'
import type { Size } from '../kit/screen'
import { cut, flow, padded, shown } from '../kit/text'
import { type Choices, indexOf } from './choices'
import { detail } from './detail'
import { identityText } from './identity'
import { arranged, type MetricRow, MOST_ROWS } from './rows'
import type { Facts, Split } from './service'
import { headLine, type Layout, layoutFor, rowLine, sharedLine } from './table'

/** What a picture is made of. */
export interface View {
  readonly facts: Facts
  /** Those that are shown, in their order. */
  readonly rows: readonly MetricRow[]
  /** How many a filter lets through: more than are shown, where there are very many. */
  readonly found: number
  /** How many there are, with those that a filter hides. */
  readonly known: number
  readonly choices: Choices
  /** Seconds. */
  readonly interval: number
  readonly split: (row: MetricRow) => Split | null
}

/** The rows of a picture. */
export function viewed(
  all: readonly MetricRow[],
  { sort, filter }: Choices,
): Pick<View, 'rows' | 'found' | 'known'> {
  const rows = arranged(all, sort, filter)
  return { rows: rows.slice(0, MOST_ROWS), found: rows.length, known: all.length }
}

/** What is left below the table for the selected row: a third. */
const DETAIL_SHARE = 3
/** Rows that the table needs before anything else is shown. */
const LEAST_TABLE = 4

const KEYS: readonly (readonly [string, string])[] = [
  ['↑ ↓ k j', 'select; Page Up, Page Down, Home, End as well'],
  ['s', 'sort by the next of rate, total, name'],
  ['r t n', 'sort by rate, total, name'],
  ['/', 'filter: type, Enter keeps it, Esc drops it'],
  ['p space', 'pause'],
  ['c', 'colours on or off'],
  ['?', 'this list'],
  ['q Esc ^C', 'quit'],
]

/** What stands above the table, whether on a screen or in a file. */
export function header(facts: Facts, width: number, interval: number | null): string[] {
  const { path, leader, living, dead, uptime, names, cells, cpus, bytes, occupied } = facts
  const parts = [
    ...(leader === null ? [] : [`leader ${leader}`]),
    ...[shown(identityText(facts)) || []].flat(),
    `${plural(living, 'process', 'processes')}${dead === 0 ? '' : `, ${dead} dead`}`,
    ...(uptime === null ? [] : [`up ${duration(uptime)}`]),
    ...(interval === null ? [] : [`every ${interval} s`]),
    `names ${exact(names.used)}/${compact(names.capacity)}`,
    `cells ${exact(cells.used)}/${compact(cells.capacity)}`,
    `${cpus} CPUs`,
    `memory ${amount(occupied, 'bytes')}/${amount(bytes, 'bytes')}`,
  ]
  return [cut(shown(path), width), ...flow(parts, width)]
}

/** What has to be known of it; empty where all goes well. */
export function banner({ living, trouble, lostWrites }: Facts): string {
  if (trouble !== null) return shown(`The region cannot be read any more: ${trouble}`)
  if (lostWrites > 0)
    return `Counts are missing: the file system was full, and ${lostWrites} writes had no room.`
  return living > 0 ? '' : 'The service has ended: these are its last values.'
}

/** What goes where on a screen. */
export interface Places {
  readonly layout: Layout
  readonly above: readonly string[]
  readonly notice: string
  /** Lines of details below the table. */
  readonly below: number
  /** How many rows of the table fit. */
  readonly page: number
}

/** Where the parts of a picture go on a screen of that size. */
export function placesOf({ facts, rows, interval, choices }: View, { columns, rows: height }: Size): Places {
  // Two columns say which row is selected.
  const layout = layoutFor(rows, Math.max(1, columns - 2))
  const shared = choices.help ? '' : sharedLine(layout, columns)
  const above =
    height < 12
      ? [cut(shown(facts.path), columns)]
      : [...header(facts, columns, interval), ...(shared === '' ? [] : [shared])]
  const notice = cut(banner(facts), columns)
  // The headline of the table, and the keys.
  const fixed = above.length + (notice === '' ? 0 : 1) + 2
  const free = height - fixed
  // A rule above the details.
  const wanted = rows.length === 0 || choices.help ? 0 : Math.floor(free / DETAIL_SHARE)
  const below = free - wanted >= LEAST_TABLE + 1 ? wanted : 0
  return { layout, above, notice, below, page: Math.max(0, free - (below > 0 ? below + 1 : 0)) }
}

function footer({ choices, known, found, rows }: View, width: number): string {
  const filter = shown(choices.filter)
  if (choices.typing) return cut(`/${filter}▏`, width)
  const told = [
    ...(choices.paused ? ['PAUSED'] : []),
    ...(rows.length < found ? [`shows ${rows.length} of ${found}`] : []),
    ...(choices.filter === '' ? [] : [`/${filter}: ${found} of ${known}`]),
    'q quit',
    '↑↓ select',
    `s sort: ${choices.sort}`,
    '/ filter',
    'p pause',
    '? help',
  ]
  return flow(told, width)[0] ?? ''
}

function table(view: View, layout: Layout, width: number, page: number, paint: Colors): string[] {
  const { rows, choices, known } = view
  const index = indexOf(
    choices.selected,
    rows.map(({ key }) => key),
  )
  // The selected one in the middle, as far as the list goes.
  const start = Math.max(0, Math.min(index - Math.floor(page / 2), rows.length - page))
  const lines = rows.slice(start, start + page).map((row, i) => {
    const isSelected = start + i === index
    const line = padded(`${isSelected ? '>' : ' '} ${rowLine(layout, row)}`, width)
    return isSelected ? paint.inverse(line) : line
  })
  if (rows.length === 0)
    lines.push(cut(known === 0 ? 'Nothing is counted yet.' : 'No name like that.', width))
  return [paint.bold(padded(`  ${headLine(layout)}`, width)), ...lines]
}

function helpLines(width: number): string[] {
  return ['', ...KEYS.map(([key, text]) => cut(`  ${key.padEnd(9)} ${text}`, width))]
}

/**
 * The whole screen: at most as many lines, and each at most as wide as it is.
 */
export function frame(view: View, size: Size, paint: Colors, places = placesOf(view, size)): string[] {
  const { columns: width, rows: height } = size
  const { layout, above, notice, below, page } = places
  const [path = '', ...facts] = above
  const lines = [paint.bold(paint.cyan(path)), ...facts.map(paint.dim)]
  if (notice !== '') lines.push(paint.yellow(notice))
  lines.push(...(view.choices.help ? helpLines(width) : table(view, layout, width, page, paint)))
  const { rows, choices } = view
  const keys = rows.map(({ key }) => key)
  const selected = rows[indexOf(choices.selected, keys)]
  if (below > 0 && selected !== undefined) {
    while (lines.length < height - below - 2) lines.push('')
    lines.push(paint.dim('─'.repeat(width)))
    const [name = '', ...rest] = detail(selected, view.split(selected), width, below)
    lines.push(paint.bold(name), ...rest)
  }
  const shown = lines.slice(0, Math.max(0, height - 1))
  while (shown.length < height - 1) shown.push('')
  return [
    ...shown,
    choices.paused || choices.typing ? paint.yellow(footer(view, width)) : paint.dim(footer(view, width)),
  ]
}
