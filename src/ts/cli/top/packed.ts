import { widthOf } from '../kit/text'
import { distinct } from './distinct'

/** Columns with which a value still says something. */
const LEAST = 3

/** So much room for each, and no more than it wants: those that want most get what is left. */
function shares(wanted: readonly number[], room: number): number[] {
  const given = wanted.map(() => 0)
  let left = room
  const byWant = wanted.map((_, i) => i).sort((a, b) => (wanted[a] as number) - (wanted[b] as number))
  byWant.forEach((i, done) => {
    given[i] = Math.min(wanted[i] as number, Math.floor(left / (byWant.length - done)))
    left -= given[i] as number
  })
  return given
}

/**
 * Values side by side in `width` columns: long ones are cut, each so that it differs from the others in its place.
 * Where there is no room for a part of each, they stay as they are.
 *
 * @param rows as many values of each, by what they are of
 */
export function packed(rows: ReadonlyMap<string, readonly string[]>, width: number): Map<string, string> {
  const [first = []] = rows.values()
  const places = first.map((_, i) => new Set([...rows.values()].map((row) => row[i] as string)))
  const wanted = places.map((values) =>
    [...values].reduce((most, value) => Math.max(most, widthOf(value)), 0),
  )
  const given = shares(wanted, width - places.length + 1)
  const isEnough = given.every((room, i) => room >= Math.min(LEAST, wanted[i] as number))
  if (!isEnough) return new Map([...rows].map(([key, row]) => [key, row.join(' ')]))
  const cells = places.map((values, i) =>
    distinct(new Map([...values].map((value) => [value, value])), given[i] as number),
  )
  const cell = (value: string, i: number): string => cells[i]?.get(value) ?? value
  return new Map([...rows].map(([key, row]) => [key, row.map(cell).join(' ')]))
}
