import { warnOnce } from '../../base/warning'
import { GLOBAL_SCOPE } from './current-region'

/*
 * What a page can say. A name that the formats do not have makes a page unreadable as a whole, or is taken for lines
 * that nobody has counted. prom-client refuses such names; but any process can have written anything to a region, and
 * default labels and the labels of `zero()` are checked by nobody. So whatever writes a page asks here.
 */

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/
/** As Go reads it, and JavaScript writes it. */
const BOUND = /^([+-]?\d+(\.\d+)?(e[+-]?\d+)?|[+-]Inf)$/

export type Labelled = Readonly<Record<string, unknown>>

/** A metric's name, wherever it comes from. */
export function isMetricName(name: unknown): name is string {
  return typeof name === 'string' && METRIC_NAME.test(name)
}

/** `__name__` stands for the name before the braces: readers refuse it within them. */
export function isLabelName(name: string): boolean {
  return LABEL_NAME.test(name) && name !== '__name__'
}

/** The label that tells the lines of one series of that type apart: it cannot be anything else there. */
export function ownLabel(type: string): string | null {
  if (type === 'histogram') return 'le'
  return type === 'summary' ? 'quantile' : null
}

/** Whether all of a series' labels can stand in its lines. */
export function areLabelNames(labels: Labelled, type: string): boolean {
  const own = ownLabel(type)
  return Object.keys(labels).every((name) => name !== own && isLabelName(name))
}

/** Code units of the labels in all lines of one series: 1024 for each of as many buckets as there can be. */
const MOST_OF_SERIES = 2 ** 22

/** Whether labels are short enough to stand in each of so many lines: else a small file could say without end. */
export function fitLines(labels: Readonly<Record<string, string>>, lines: number): boolean {
  const length = Object.entries(labels).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  return lines * length <= MOST_OF_SERIES
}

/** What the names of a type's lines end in. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
}

/** Of which type's lines {@link ownLabel} is a part. */
const TOLD_APART = new Set(['histogram _bucket', 'summary '])

/** Whether a line that is called so can be one of the metric's, with these labels. */
export function isLine(name: string, type: string, lineName: string, labels: Labelled): boolean {
  const suffix = (SUFFIXES[type] ?? ['']).find((one) => name + one === lineName)
  if (suffix === undefined) return false
  const own = ownLabel(type)
  if (own === null || !TOLD_APART.has(`${type} ${suffix}`)) return areLabelNames(labels, type)
  const { [own]: bound, ...others } = labels
  return BOUND.test(numberText(bound)) && areLabelNames(others, type)
}

function numberText(bound: unknown): string {
  return bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound)
}

/** The labels of a registry that all its lines have, but for those that no line can have. */
export function readableDefaults(defaults: unknown): Record<string, string | number> {
  if (typeof defaults !== 'object' || defaults === null) return {}
  const given = Object.entries(defaults as Record<string, string | number | undefined>)
  const all = given.filter((pair): pair is [string, string | number] => pair[1] !== undefined)
  const readable = all.filter(([name]) => isLabelName(name))
  if (readable.length < all.length) leaveOff('default labels', all.find(([name]) => !isLabelName(name))?.[0])
  return Object.fromEntries(readable)
}

/** Whether it is of this entry point, and on pages. */
export function isOnPages(scope: string): boolean {
  return scope === GLOBAL_SCOPE || scope.startsWith(`${GLOBAL_SCOPE}:`)
}

/**
 * Once in a process: something is on no page. Who shares a region could make new names without end.
 *
 * @param what is left off
 * @param name it, as far as it has a name
 */
export function leaveOff(what: string, name: unknown): void {
  const text = (): string => JSON.stringify(String(name).slice(0, 80).toWellFormed())
  warnOnce(
    'left off',
    () =>
      `rseq/prom-client: ${what} ${text()}, and what else no page can have, are left off pages: a metric's name is ` +
      '[a-zA-Z_:][a-zA-Z0-9_:]*, a label’s [a-zA-Z_][a-zA-Z0-9_]*, two metrics’ lines do not have one name, no labels of a series are longer than 4 MiB in all its lines, and no page is longer than 512 MiB',
    'RSEQ_LEFT_OFF',
  )
}

/** The names that a page's lines have so far. */
export class Names {
  readonly #taken = new Set<string>()

  constructor(private readonly openMetrics: boolean) {}

  /**
   * Takes the names of a metric's lines.
   *
   * @returns false where it cannot stand on the page: nothing is taken then
   */
  take(name: unknown, type: string): name is string {
    const isFree = isMetricName(name) && this.#all(name, type).every((one) => !this.#taken.has(one))
    if (!isFree) leaveOff('the metric', name)
    else for (const one of this.#all(name, type)) this.#taken.add(one)
    return isFree
  }

  #all(name: string, type: string): string[] {
    if (this.openMetrics && type === 'counter') {
      const family = familyName(name, type, true)
      return [family, `${family}_total`]
    }
    return [name, ...(SUFFIXES[type] ?? []).map((suffix) => name + suffix)]
  }
}

/** OpenMetrics has a counter's name without what its lines end in. */
export function familyName(name: string, type: string, openMetrics: boolean): string {
  return openMetrics && type === 'counter' ? name.replace(/(.)_total$/, '$1') : name
}
