import { type Backend, STATE, WAY, WAY_SHIFT, WRITE } from '../../contract/backend'

/** A page's rows: see `Backend.writeRows`. */
export const writeRows: Backend['writeRows'] = (out, numbers, heads, ends, which, state) => {
  if (ends.length !== which.length || state.length !== STATE.length) return -1
  const row = (): number => state[STATE.row] as number
  const at = (): number => state[STATE.at] as number
  const put = (bytes: Uint8Array): void => {
    out.set(bytes, at())
    state[STATE.at] = at() + bytes.length
  }
  if (!(row() >= 0 && row() <= ends.length && at() >= 0 && at() <= out.length)) return -1
  for (; row() < ends.length; state[STATE.row] = row() + 1) {
    const head = heads.subarray(ends[row() - 1] ?? 0, ends[row()])
    // A number is no longer than 24.
    if (head.length + 24 > out.length - at()) return WRITE.room
    const way = (which[row()] as number) >>> WAY_SHIFT
    const x = numbers[(which[row()] as number) & (2 ** WAY_SHIFT - 1)]
    put(head)
    const isMissing = x === undefined && (way === WAY.value || way === WAY.add)
    if (way === WAY.ask || isMissing) return WRITE.asked
    const total = (state[STATE.total] as number) + (way === WAY.add ? (x ?? 0) : 0)
    state[STATE.total] = way === WAY.total ? 0 : total
    const shown = way === WAY.value ? (x ?? 0) : total
    if (!Number.isFinite(shown)) return WRITE.asked
    // Digits: a byte each.
    put(Uint8Array.from(`${shown}`, (digit) => digit.charCodeAt(0)))
  }
  return WRITE.done
}
