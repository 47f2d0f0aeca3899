import { setTimeout as sleep } from 'node:timers/promises'
import { createColors } from 'picocolors'
import { show } from '../kit/screen'
import { colors } from '../kit/terminal'
import { type Choices, press } from './choices'
import { frame, type Places, placesOf, type View, viewed } from './frame'
import type { Options } from './options'
import { type MetricRow, rowsOf } from './rows'
import type { Service, Split } from './service'

/**
 * Shows a service until somebody quits, or for so many seconds as were asked for.
 *
 * @returns the exit code: 0, or that of a signal
 */
export function live(service: Service, options: Options): Promise<number> {
  const { sort, filter, interval, seconds } = options
  let choices: Choices = {
    ...{ sort, filter, typing: false, paused: false, help: false, selected: null },
    coloured: options.coloured && colors.isColorSupported,
  }
  let last = service.look()
  let all = rowsOf(last, null)
  /** Of the rows that are shown; a paused picture stays as it is. */
  const splits = new Map<string, Split | null>()
  const split = (row: MetricRow): Split | null => {
    if (!splits.has(row.key)) splits.set(row.key, service.split(row.metric))
    return splits.get(row.key) ?? null
  }
  /** The picture that is seen: what a key means depends on it. */
  let seen: { view: View; places: Places }
  return show<number>({
    draw(size) {
      const view = { facts: service.facts, ...viewed(all, choices), choices, interval, split }
      seen = { view, places: placesOf(view, size) }
      return frame(view, size, createColors(choices.coloured), seen.places)
    },
    press(key, redraw) {
      const keys = seen.view.rows.map((row) => row.key)
      const next = press(choices, key, keys, Math.max(1, seen.places.page))
      if (next === null) return 0
      choices = next
      redraw()
      return undefined
    },
    every: {
      ms: interval * 1000,
      look() {
        if (choices.paused) return false
        const look = service.look()
        splits.clear()
        if (look !== last) all = rowsOf(look, last)
        last = look
        return true
      },
    },
    ...(seconds !== null && { until: () => sleep(seconds * 1000, 0, { ref: false }) }),
  })
}
