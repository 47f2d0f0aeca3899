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

/** What a schema accepts, for readers. */
export type Of<T extends v.GenericSchema> = Fixed<v.InferOutput<T>>
type Fixed<T> = { readonly [K in keyof T]: Fixed<T[K]> }

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
  /** Whose registration, which backend and whether fast calls: status() of the run. */
  registration: words,
  backend: words,
  fastCalls: v.boolean(),
  /** Software emulation: figures prove nothing about speed and are never ranked. */
  emulated: v.boolean(),
})
export type Machine = Of<typeof MACHINE>

/** What a result says of where it is from. */
export const ORIGIN = {
  machine: MACHINE,
  /** Version of the package, and the commit of the checkout that ran; null outside of one. */
  version: words,
  commit: v.nullable(words),
  /** ISO 8601, UTC. */
  date: words,
}
export type Origin = Of<v.ObjectSchema<typeof ORIGIN, undefined>>

/** Numbers of samples in ranges of equal width. */
const HISTOGRAM = v.object({
  /** Where the first range begins and the last one ends: the 1st and the 99th percentile. What is beyond is in neither. */
  low: time,
  high: time,
  counts: list(count, 256),
})
export type Histogram = Of<typeof HISTOGRAM>

/** Median of the samples, and the 10th and 90th percentile. */
export const FIGURE = v.object({
  median: time,
  low: time,
  high: time,
  samples: count,
  /** How they are distributed; absent in older results. */
  histogram: v.exactOptional(HISTOGRAM),
})
export type Figure = Of<typeof FIGURE>

/** How still the machine was: the same empty loop, again and again over the run. */
export const NOISE = v.object({
  /** (90th percentile − 10th percentile) / median of the empty loop's rounds. */
  spread: ratio,
  /** Above it, ratios are not given. */
  limit: number(100),
  quiet: v.boolean(),
})
export type Noise = Of<typeof NOISE>
