import { setTimeout as sleep } from 'node:timers/promises'
import type { Options } from './options'
import { arranged, type MetricRow, rowsOf } from './rows'
import type { Service } from './service'

export const PERCENTILES = [50, 90, 99] as const

/** What one metric did, look by look. */
export interface Track {
  /** As it was last. */
  row: MetricRow
  /** Of a gauge the value, of everything else the rate; null where it was not there. */
  readonly values: (number | null)[]
  /** Of a histogram, for each of {@link PERCENTILES}, of the samples since the look before; null where none were. */
  readonly percentiles: (readonly number[] | null)[]
}

export interface Recording {
  /** Seconds since the first look. */
  readonly times: readonly number[]
  /** Metrics that were seen, by their keys: {@link MOST_TRACKS}, those that sorted first when they were seen first. */
  readonly tracks: ReadonlyMap<string, Track>
  /** How many were there to be seen, with those that are left out. */
  readonly found: number
}

/** More charts than these nobody looks at, and no browser likes. */
export const MOST_TRACKS = 500

/**
 * Looks at a service again and again.
 *
 * @param options what is looked at, and how often
 * @param seconds in all
 * @param ended whether to stop before
 * @param progress is told how many looks are done, of how many
 */
export async function record(
  service: Pick<Service, 'look'>,
  { interval, sort, filter }: Pick<Options, 'interval' | 'sort' | 'filter'>,
  seconds: number,
  ended: () => boolean,
  progress: (done: number, of: number) => void,
): Promise<Recording> {
  const times: number[] = []
  const tracks = new Map<string, Track>()
  let found = 0
  const looks = Math.max(1, Math.round(seconds / interval))
  const first = service.look()
  let before = first
  for (let i = 1; i <= looks && !ended(); i++) {
    // From the start, so that a late look makes no other late.
    await sleep(Math.max(0, first.at + i * interval * 1000 - performance.now()))
    const look = service.look()
    if (look === before) break
    const rows = arranged(rowsOf(look, before), sort, filter)
    found = Math.max(found, rows.length)
    for (const row of rows) {
      const track = tracks.get(row.key) ?? { row, values: [], percentiles: [] }
      if (tracks.size >= MOST_TRACKS && !tracks.has(row.key)) continue
      tracks.set(row.key, track)
      track.row = row
      while (track.values.length < times.length) {
        track.values.push(null)
        track.percentiles.push(null)
      }
      const { recent } = row
      track.values.push(row.metric.kind === 'gauge' ? row.total : row.rate)
      track.percentiles.push(
        recent === null || recent.count === 0 ? null : PERCENTILES.map((p) => recent.percentile(p)),
      )
    }
    times.push((look.at - first.at) / 1000)
    before = look
    progress(i, looks)
  }
  return { times, tracks, found }
}
