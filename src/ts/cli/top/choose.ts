import { createColors } from 'picocolors'
import { NONE, plural } from '../kit/format'
import { isQuit, show } from '../kit/screen'
import { colors } from '../kit/terminal'
import { cut, shown as shownText } from '../kit/text'
import { indexOf, select } from './choices'
import type { Found } from './find'
import { identityOf, identityText, leaderOf } from './identity'

/** One of them as a line: its processes, its file, its application. */
export function choiceLine({ shown, pids }: Found): string {
  const leader = leaderOf(shown) ?? pids[0]
  const many = plural(pids.length, 'process', 'processes')
  const says = identityText(identityOf(shown, pids))
  return `${String(leader ?? NONE).padStart(8)}  ${many.padEnd(12)} ${shownText(`${shown}  ${says}`).trimEnd()}`
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
  let height = 0
  return show<Found | number>({
    draw({ columns, rows }) {
      height = rows
      const index = indexOf(selected, keys)
      const room = Math.max(1, rows - 3)
      const start = Math.max(0, Math.min(index - Math.floor(room / 2), found.length - room))
      const lines = found.slice(start, start + room).map((one, i) => {
        const isSelected = start + i === index
        const line = cut(`${isSelected ? '>' : ' '} ${choiceLine(one)}`, columns)
        return isSelected ? paint.inverse(line) : line
      })
      const foot = paint.dim(cut('↑↓ select  Enter show  q quit', columns))
      return [paint.bold(cut(question, columns)), ...lines, '', foot]
    },
    press(key, redraw) {
      if (isQuit(key)) return 0
      if (key.name === 'return' || key.name === 'enter') return found[indexOf(selected, keys)]
      selected = select(key, selected, keys, height) ?? selected
      redraw()
      return undefined
    },
  })
}
