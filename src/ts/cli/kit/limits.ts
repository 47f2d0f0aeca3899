import * as v from 'valibot'
import { clean } from './clean'

/*
 * What a number, a text or a list of a result can be. All that is computed from results, and drawn, takes time and memory
 * by these, for a file says what its writer wants.
 */

/** A number; what is expected is said in words. */
function within(what: string, least: number, most: number) {
  const isWhole = what === 'a whole number'
  const fits = (x: number): boolean => x >= least && x <= most && (!isWhole || Number.isInteger(x))
  return v.pipe(v.number(), v.check(fits, `${what}, ${least} to ${most}`))
}

/** @param least 0, but of what cannot be 0 */
export function whole(most: number, least = 0) {
  return within('a whole number', least, most)
}

export function number(most: number) {
  return within('a number', 0, most)
}

/** So many of something that is counted over a run. */
export const count = whole(Number.MAX_SAFE_INTEGER)
/** Nanoseconds: more than a day, which is as long as anything is watched. */
export const time = number(1e14)
/** Of a whole: more than 1 by rounding. */
export const share = number(2)
export const perSecond = number(1e9)
export const bytes = whole(2 ** 50)
/** Times as large, or as much. */
export const ratio = number(1e6)
/** Linux has no more. */
export const MOST_CPUS = 65_536
export const cpuNumber = whole(MOST_CPUS - 1)
export const cpuCount = whole(MOST_CPUS, 1)

/** A text without anything that could change a terminal. @param most code units */
export function text(most: number) {
  return v.pipe(
    v.string(),
    v.check(({ length }) => length <= most, `at most ${most} characters`),
    v.transform((given) => clean(given).trim()),
  )
}

export function list<const T extends v.GenericSchema>(item: T, most: number) {
  return v.pipe(
    v.array(item),
    v.check(({ length }) => length <= most, `at most ${most} items`),
  )
}

/** A name, a version, a date: a few words. */
const words = text(256)

const MACHINE = v.object({
  arch: words,
  cpu: words,
  cpus: cpuCount,
  memoryBytes: bytes,
  kernel: words,
  libc: words,
  node: words,
  v8: words,
  registration: words,
  backend: words,
  fastCalls: v.boolean(),
  emulated: v.boolean(),
})

/** An Origin. */
export const ORIGIN = {
  machine: MACHINE,
  version: words,
  commit: v.nullable(words),
  date: words,
}
