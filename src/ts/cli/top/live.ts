import { createColors } from 'picocolors'
import { Screen } from '../kit/screen'
import { colors } from '../kit/terminal'
import { frame, pageOf, type View, viewed } from './frame'
import type { Options } from './options'
import { type Look, type Row, rowsOf } from './rows'
import type { Service, Split } from './service'
import { press, type State } from './state'

/**
 * Shows a service until somebody quits, or for so many seconds as were asked for.
 *
 * @returns the exit code: 0, or that of a signal
 */
export function live(service: Service, options: Options): Promise<number> {
  const { promise, resolve, reject } = withResolvers<number>()
  let state: State = {
    sort: options.sort,
    filter: options.filter,
    typing: false,
    paused: false,
    help: false,
    coloured: options.coloured && colors.isColorSupported,
    selected: null,
  }
  let last: Look = service.look()
  let all: Row[] = rowsOf(last, null)
  /** Of the rows that are shown; a paused picture stays as it is. */
  const splits = new Map<string, Split | null>()

  const view = (): View => ({
    facts: service.facts,
    ...viewed(all, state),
    state,
    interval: options.interval,
    split(row) {
      if (!splits.has(row.key)) splits.set(row.key, service.split(row.metric))
      return splits.get(row.key) ?? null
    },
  })
  /** What goes wrong in a handler ends the command, not the process: the terminal is given back first. */
  const guarded = (act: () => void): void => {
    try {
      act()
    } catch (error) {
      reject(error)
    }
  }
  const draw = (): void => screen.draw(frame(view(), screen.size, createColors(state.coloured)))
  const screen = new Screen(
    (key) =>
      guarded(() => {
        const now = view()
        const keys = now.rows.map((row) => row.key)
        const next = press(state, key, keys, Math.max(1, pageOf(now, screen.size)))
        if (next === null) {
          resolve(0)
          return
        }
        state = next
        draw()
      }),
    () => guarded(draw),
    resolve,
  )
  const timer = setInterval(
    () =>
      guarded(() => {
        if (state.paused) return
        const look = service.look()
        splits.clear()
        if (look !== last) all = rowsOf(look, last)
        last = look
        draw()
      }),
    options.interval * 1000,
  )
  const end = options.seconds === null ? undefined : setTimeout(() => resolve(0), options.seconds * 1000)
  guarded(() => {
    screen.open()
    draw()
  })
  return promise.finally(() => {
    clearInterval(timer)
    clearTimeout(end)
    screen.close()
  })
}

/** `Promise.withResolvers`, which Node 20 has not. */
function withResolvers<T>() {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
