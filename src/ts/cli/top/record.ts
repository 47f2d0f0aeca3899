import { setTimeout as sleep } from 'node:timers/promises'
import { type Row, rowsOf } from './rows'
import type { Service } from './service'

export const PERCENTILES = [50, 90, 99] as const

/** What one metric did, look by look. */
export interface Track {
  /** As it was last. */
  row: Row
  /** Of a gauge the value, of everything else the rate; null where it was not there. */
  readonly values: (number | null)[]
  /** Of a histogram, for each of {@link PERCENTILES}, of the samples since the look before; null where none were. */
  readonly percentiles: (readonly number[] | null)[]
}

export interface Recording {
  /** Seconds since the first look. */
  readonly times: readonly number[]
  /** All metrics that were seen, by their keys. */
  readonly tracks: ReadonlyMap<string, Track>
}

/**
 * Looks at a service again and again.
 *
 * @param seconds in all
 * @param interval seconds between two looks
 * @param ended whether to stop before
 * @param progress is told how many looks are done, of how many
 */
export async function record(
  service: Service,
  seconds: number,
  interval: number,
  ended: () => boolean,
  progress: (done: number, of: number) => void,
): Promise<Recording> {
  const times: number[] = []
  const tracks = new Map<string, Track>()
  const looks = Math.max(1, Math.round(seconds / interval))
  const first = service.look()
  let before = first
  for (let i = 1; i <= looks && !ended(); i++) {
    // From the start, so that a late look makes no other late.
    await sleep(Math.max(0, first.at + i * interval * 1000 - performance.now()))
    const look = service.look()
    if (look === before) break
    for (const row of rowsOf(look, before)) {
      const track = tracks.get(row.key) ?? { row, values: [], percentiles: [] }
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
  return { times, tracks }
}
