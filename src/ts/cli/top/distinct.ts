import { grouped } from '../kit/grouped'
import { clusters, cut, widthOf } from '../kit/text'

/** Of what is cut in its middle, this part of the room is its beginning … */
const HEAD_SHARE = 1 / 3
/** … unless that is less than says anything. */
const LEAST_HEAD = 4

/** A way to cut a text. @param telling the index of a cluster that tells it from those that looked the same before */
type Cut = (text: readonly string[], telling: number, width: number) => string

/** How many clusters two texts begin with alike. */
function alike(a: readonly string[], b: readonly string[]): number {
  const most = Math.min(a.length, b.length)
  let i = 0
  while (i < most && a[i] === b[i]) i++
  return i
}

/** Clusters from `start` on, or with a step of −1 back from it, that fit in so many columns. */
function fitting(text: readonly string[], start: number, step: 1 | -1, width: number): string {
  let used = 0
  let i = start
  for (; i >= 0 && i < text.length; i += step) {
    used += widthOf(text[i] as string)
    if (used > width) break
  }
  return (step === 1 ? text.slice(start, i) : text.slice(i + 1, start + 1)).join('')
}

/** Its beginning and its end. */
function inMiddle(text: readonly string[], _: number, width: number): string {
  const head = Math.floor((width - 1) * HEAD_SHARE)
  const room = head < LEAST_HEAD ? 0 : head
  return `${fitting(text, 0, 1, room)}…${fitting(text, text.length - 1, -1, width - 1 - room)}`
}

/** Its end. */
function atStart(text: readonly string[], _: number, width: number): string {
  return `…${fitting(text, text.length - 1, -1, width - 1)}`
}

/** What tells it from others, and some of what comes before, which shows where that is. */
function around(text: readonly string[], telling: number, width: number): string {
  const before = fitting(text, telling - 1, -1, Math.floor((width - 2) * HEAD_SHARE))
  return `…${before}${fitting(text, telling, 1, width - 2 - widthOf(before))}…`
}

/** After cuts at the end: each for those that look the same by the one before, which the last is for those that it leaves alike. */
const CUTS: readonly Cut[] = [inMiddle, atStart, around, around]

/** Cuts texts that looked the same. */
function cutApart<K>(
  texts: readonly (readonly [K, string])[],
  way: Cut,
  width: number,
  into: Map<K, string>,
): void {
  const sorted = texts
    .map(([key, text]) => ({ key, text, parts: clusters(text) }))
    .sort((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)))
  let before = 0
  sorted.forEach(({ key, text, parts }, i) => {
    const next = sorted[i + 1]
    const after = next === undefined ? 0 : alike(parts, next.parts)
    // What tells it from both neighbours tells it from all.
    const telling = Math.min(Math.max(before, after), parts.length - 1)
    before = after
    if (widthOf(text) > width) into.set(key, way(parts, telling, width))
  })
}

/** By what they look like. */
function alikeIn<K>(cells: ReadonlyMap<K, string>): Map<string, K[]> {
  return grouped(cells.keys(), (key) => cells.get(key) as string)
}

/**
 * Texts in `width` columns of which no two look the same: cut at the end where that tells them apart, else where they
 * differ. What still looks the same, as texts do that are equal, has a number behind it: ~1, ~2. The same texts become
 * the same, in whatever order they come. Where there is no room for a number, they stay as they are.
 *
 * @param texts clean, by what they are of
 */
export function distinct<K extends string>(texts: ReadonlyMap<K, string>, width: number): Map<K, string> {
  const cells = new Map<K, string>()
  for (const [key, text] of texts) cells.set(key, cut(text, width))
  for (const way of width > 2 ? CUTS : []) {
    for (const keys of alikeIn(cells).values()) {
      if (keys.length < 2) continue
      const alike = keys.map((key) => [key, texts.get(key) as string] as const)
      cutApart(alike, way, width, cells)
    }
  }
  const groups = alikeIn(cells)
  const taken = new Set(groups.keys())
  for (const keys of groups.values()) if (keys.length > 1) number(keys, texts, width, cells, taken)
  return cells
}

function number<K extends string>(
  keys: readonly K[],
  texts: ReadonlyMap<K, string>,
  width: number,
  cells: Map<K, string>,
  taken: Set<string>,
): void {
  let n = 0
  for (const key of keys.toSorted()) {
    let cell: string
    do {
      const mark = `~${++n}`
      if (mark.length > width) return
      cell = cut(texts.get(key) as string, width - mark.length) + mark
    } while (taken.has(cell))
    taken.add(cell)
    cells.set(key, cell)
  }
}
