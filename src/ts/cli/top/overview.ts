import { amount, compact, exact, plural, secondsOf } from '../kit/format'
import { type Card, headlines } from '../kit/page/cards'
import { type Content, html, type Markup } from '../kit/page/html'
import { banner } from './frame'
import { PERCENTILES, type Recording, type Track } from './record'
import type { Facts } from './service'

/** From this share of names or cells on, the next release of a service may find no room. */
const NEARLY_FULL = 0.9
/** Which of {@link PERCENTILES} says how slow something is. */
const P99 = PERCENTILES.indexOf(99)

/** What it is of, on a line of its own, which is broken where a name has a joint. */
function title(what: string, { row }: Track): Content {
  const parts = `${row.name} ${row.labels}`.trim().split(/(?<=[_/])/)
  return [what, html`<br>`, ...parts.map((part, i) => (i === 0 ? part : html`<wbr>${part}`))]
}

function known(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null && Number.isFinite(value)) as number[]
}

/** Of values of which one is above 0. One after the other: a day has more looks than a call takes arguments. */
function highest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0)
}

/** The one of which `of` is largest, and how large; null where it is of none, or 0. */
function largest(tracks: readonly Track[], of: (track: Track) => number): { track: Track; n: number } | null {
  let found: { track: Track; n: number } | null = null
  for (const track of tracks) {
    const n = of(track)
    if (n > (found?.n ?? 0)) found = { track, n }
  }
  return found
}

function counted(tracks: readonly Track[], { found }: Recording, { living, dead }: Facts): Card {
  const names = new Set(tracks.map(({ row }) => row.name)).size
  return {
    figure: exact(found),
    text: `series${found > tracks.length ? '' : `, of ${plural(names, 'name')}`}`,
    small: `${plural(living, 'process counts', 'processes count')} them${dead === 0 ? '' : `, ${exact(dead)} dead`}`,
  }
}

function busiest(tracks: readonly Track[]): Card[] {
  const mean = ({ row, values }: Track): number => {
    const all = row.metric.kind === 'gauge' ? [] : known(values)
    return all.length === 0 ? 0 : all.reduce((sum, value) => sum + value, 0) / all.length
  }
  // Of counters and histograms: how often something was. Sums may be of anything.
  const found = largest(
    tracks.filter(({ row }) => row.metric.kind !== 'sum'),
    mean,
  )
  if (found === null) return []
  const most = highest(known(found.track.values))
  const text = title('is counted most:', found.track)
  return [{ figure: `${compact(found.n)}/s`, text, small: `on average; at most ${compact(most)}/s` }]
}

function slowest(tracks: readonly Track[]): Card[] {
  const seconds = ({ row, percentiles }: Track): number[] => {
    const scale = secondsOf(row.metric.name, row.metric.unit)
    return scale === null ? [] : known(percentiles.map((one) => one?.[P99] ?? null)).map((p99) => p99 * scale)
  }
  const median = (track: Track): number => {
    const all = seconds(track).sort((a, b) => a - b)
    return all[Math.floor(all.length / 2)] ?? 0
  }
  const found = largest(tracks, median)
  if (found === null) return []
  const worst = amount(highest(seconds(found.track)), 'seconds')
  const text = title('is the slowest 99th percentile:', found.track)
  return [{ figure: amount(found.n, 'seconds'), text, small: `in the median look; at worst ${worst}` }]
}

function room({ names, cells, bytes, occupied }: Facts): Card {
  const share = Math.max(names.used / names.capacity, cells.used / cells.capacity)
  const isBad = share >= NEARLY_FULL
  return {
    figure: share === 0 || share >= 0.001 ? `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %` : '< 0.1 %',
    text: isBad
      ? 'of the region is in use: what finds no room counts in its process alone'
      : 'of the region is in use',
    small: `${exact(names.used)} of ${compact(names.capacity)} names, ${exact(cells.used)} of ${compact(cells.capacity)} cells; ${amount(occupied, 'bytes')} of memory, ${amount(bytes, 'bytes')} at most`,
    isBad,
  }
}

function lost(about: Facts): Card {
  const { lostWrites, trouble } = about
  const isBad = lostWrites > 0 || trouble !== null
  return {
    figure: isBad ? (lostWrites > 0 ? exact(lostWrites) : 'lost') : 'none',
    text: isBad ? banner(about) : 'of the counts are lost',
    small: isBad ? 'see docs/reference/platforms.md' : 'each write had room, and the region is whole',
    isBad,
  }
}

/** What a reader wants to know first, in a few figures. */
export function overview(about: Facts, recording: Recording): Markup | null {
  const tracks = [...recording.tracks.values()]
  const what = [counted(tracks, recording, about), ...busiest(tracks), ...slowest(tracks)]
  return headlines([...what, room(about), lost(about)])
}
