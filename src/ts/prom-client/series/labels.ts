import { util } from '../../base/builtins'

/** Labels as prom-client takes them. */
export type Labels = Record<string, string | number>

export function isObject(value: unknown): value is Labels {
  return typeof value === 'object' && value !== null
}

/** What a page says of labels: what is undefined is no label, and lone surrogates cannot be written. */
export function textsOf(labels: Readonly<Record<string, unknown>>): [name: string, text: string][] {
  const given = Object.entries(labels).filter(([, value]) => value !== undefined)
  return given.map(([name, value]) => [name, String(value).toWellFormed()])
}

/** @throws {Error} for a label that the metric was not made with, as prom-client says it */
export function checkLabels(labelNames: readonly string[], labels: object): void {
  for (const label in labels) {
    if (labelNames.includes(label)) continue
    throw new Error(`Added label "${label}" is not included in initial labelset: ${util.inspect(labelNames)}`)
  }
}

/**
 * What `labels(…)` and `remove(…)` were told: an object, or a value for each label.
 *
 * @throws {Error} for another number of values, as prom-client says it
 */
export function labelsOf(labelNames: readonly string[], args: readonly unknown[]): Labels {
  const [first] = args
  if (typeof first === 'object') return (first ?? {}) as Labels
  if (args.length !== labelNames.length) {
    const received = `(${args.length}): "${args.join(', ')}"`
    const expected = `(${labelNames.length}): "${labelNames.join(', ')}"`
    throw new Error(`Invalid number of arguments ${received} for label names ${expected}.`)
  }
  return Object.fromEntries(labelNames.map((name, i) => [name, args[i]])) as Labels
}

/**
 * A copy: what the caller does with the object later, or its getters do now, is no matter of ours. What a page would not
 * show as it is, is the text that it is now; what is undefined is no label.
 */
export function ownLabels(labels: Labels): Labels {
  const given = Object.entries(labels as Record<string, unknown>).filter(([, value]) => value !== undefined)
  const isOwn = (value: unknown): boolean => value === null || !['object', 'function'].includes(typeof value)
  return Object.fromEntries(
    given.map(([name, value]) => [name, isOwn(value) ? value : String(value)]),
  ) as Labels
}

/** How many of a metric's labels have a value. */
export function countOf(labelNames: readonly string[], labels: Readonly<Record<string, unknown>>): number {
  let count = 0
  for (const name of labelNames) if (labels[name] !== undefined) count++
  return count
}
