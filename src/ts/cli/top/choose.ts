import { createColors } from 'picocolors'
import { type Key, Screen } from '../kit/screen'
import { colors } from '../kit/terminal'
import { cut, shown as shownText } from '../kit/text'
import type { Found } from './find'
import { identityOf, identityText, leaderOf } from './identity'
import { indexOf, select } from './state'

/** One of them as a line: its processes, its file, its application. */
export function choiceLine({ shown, pids }: Found): string {
  const leader = leaderOf(shown) ?? pids[0]
  const many = `${pids.length} ${pids.length === 1 ? 'process' : 'processes'}`
  const says = identityText(identityOf(shown, pids))
  return `${String(leader ?? '–').padStart(8)}  ${many.padEnd(12)} ${shownText(`${shown}  ${says}`).trimEnd()}`
}

/**
 * Lets somebody choose one of several services.
 *
 * @param question stands above them
 * @returns the one, or an exit code
 */
export function choose(
  question: string,
  found: readonly Found[],
  coloured: boolean,
): Promise<Found | number> {
  const paint = createColors(coloured && colors.isColorSupported)
  const keys = found.map(({ shown }) => shown)
  let selected: string | null = null
  let screen: Screen
  return new Promise<Found | number>((resolve, reject) => {
    const draw = (): void => {
      const { columns, rows } = screen.size
      const index = indexOf(selected, keys)
      const room = Math.max(1, rows - 3)
      const start = Math.max(0, Math.min(index - Math.floor(room / 2), found.length - room))
      const lines = found.slice(start, start + room).map((one, i) => {
        const isSelected = start + i === index
        const line = cut(`${isSelected ? '>' : ' '} ${choiceLine(one)}`, columns)
        return isSelected ? paint.inverse(line) : line
      })
      const head = cut(question, columns)
      screen.draw([paint.bold(head), ...lines, '', paint.dim(cut('↑↓ select  Enter show  q quit', columns))])
    }
    const onKey = (key: Key): void => {
      try {
        if (key.name === 'escape' || key.sequence === 'q' || (key.ctrl && key.name === 'c')) resolve(0)
        else if (key.name === 'return' || key.name === 'enter') {
          resolve(found[indexOf(selected, keys)] as Found)
        } else {
          selected = select(key, selected, keys, screen.size.rows) ?? selected
          draw()
        }
      } catch (error) {
        reject(error)
      }
    }
    screen = new Screen(onKey, draw, resolve)
    screen.open()
    draw()
  }).finally(() => screen.close())
}
