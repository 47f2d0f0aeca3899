import type { Key } from '../kit/screen'
import { SORTS, type Sort } from './rows'

/** What the person in front of it has chosen. */
export interface Choices {
  readonly sort: Sort
  readonly filter: string
  /** The filter is being typed. */
  readonly typing: boolean
  readonly paused: boolean
  readonly help: boolean
  readonly coloured: boolean
  /** The key of a row; null: the first one. */
  readonly selected: string | null
}

/** Where the selected one is among those; 0 where it is not. */
export function indexOf(selected: string | null, keys: readonly string[]): number {
  return selected === null ? 0 : Math.max(0, keys.indexOf(selected))
}

function moved(key: Key, index: number, count: number, page: number): number | null {
  const last = count - 1
  const to = (wanted: number): number => Math.max(0, Math.min(last, wanted))
  if (key.name === 'down' || key.sequence === 'j') return to(index + 1)
  if (key.name === 'up' || key.sequence === 'k') return to(index - 1)
  if (key.name === 'pagedown') return to(index + page)
  if (key.name === 'pageup') return to(index - page)
  if (key.name === 'home') return 0
  return key.name === 'end' ? to(last) : null
}

/** The row that a key goes to, if it is one of those that move; null where there is nowhere to go. */
export function select(
  key: Key,
  selected: string | null,
  keys: readonly string[],
  page: number,
): string | null {
  const to = moved(key, indexOf(selected, keys), keys.length, page)
  return to === null ? null : (keys[to] ?? null)
}

function typed(choices: Choices, { name, sequence = '', ctrl, meta }: Key): Choices {
  if (name === 'return' || name === 'enter') return { ...choices, typing: false }
  if (name === 'escape') return { ...choices, typing: false, filter: '' }
  if (name === 'backspace') return { ...choices, filter: [...choices.filter].slice(0, -1).join('') }
  const isText = !ctrl && !meta && sequence !== '' && !/\p{Cc}/u.test(sequence)
  return isText ? { ...choices, filter: choices.filter + sequence } : choices
}

/** What else a key does, by what it sends, or its name. */
const ACTIONS = new Map<string | undefined, (choices: Choices) => Choices | null>([
  ['q', () => null],
  ['escape', (choices) => (choices.help ? { ...choices, help: false } : null)],
  ['s', (choices) => ({ ...choices, sort: SORTS[(SORTS.indexOf(choices.sort) + 1) % SORTS.length] as Sort })],
  ['r', (choices) => ({ ...choices, sort: 'rate' })],
  ['t', (choices) => ({ ...choices, sort: 'total' })],
  ['n', (choices) => ({ ...choices, sort: 'name' })],
  ['/', (choices) => ({ ...choices, typing: true, help: false })],
  ['p', (choices) => ({ ...choices, paused: !choices.paused })],
  [' ', (choices) => ({ ...choices, paused: !choices.paused })],
  ['c', (choices) => ({ ...choices, coloured: !choices.coloured })],
  ['?', (choices) => ({ ...choices, help: !choices.help })],
  ['h', (choices) => ({ ...choices, help: !choices.help })],
])

/**
 * What a key does.
 *
 * @param keys of the rows that are shown, in their order
 * @param page how many of them fit on the screen
 * @returns null: the end
 */
export function press(choices: Choices, key: Key, keys: readonly string[], page: number): Choices | null {
  if (key.ctrl && key.name === 'c') return null
  const selected = select(key, choices.selected, keys, page)
  const isLetter = selected !== null && key.name !== undefined && key.name.length === 1
  if (selected !== null && !(choices.typing && isLetter)) return { ...choices, selected }
  if (choices.typing) return typed(choices, key)
  const act = ACTIONS.get(key.name === 'escape' ? 'escape' : key.sequence)
  return act === undefined ? choices : act(choices)
}
