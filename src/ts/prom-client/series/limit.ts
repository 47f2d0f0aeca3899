import type { Merged } from '../../metrics/merged'
import type { Labels } from './labels'
import { labelsKey } from './once'
import type { Labelled } from './readable'

/*
 * How many sets of labels a metric may have: `maxSeries`. A set that is there already, whoever has made it, has its own
 * row beyond it, too; all others beyond it are counted together. What this thread has open it knows, and what others have
 * made as of the last look, which a page takes: none is taken where something is counted.
 */

export class Limit {
  /** Of the row of all that are beyond it. */
  readonly labels: Labels
  readonly #name: string
  readonly #most: number
  /** Sets of the last look, and those that this thread has made since. */
  #seen = 0
  #sets: readonly Merged[] = []
  #keys = new Set<string>()
  #hasWarned = false

  /** @param most sets; undefined: any number. What has no labels has one, always */
  constructor(name: string, labelNames: readonly string[], most: number | undefined) {
    this.#name = name
    this.#most = labelNames.length === 0 ? Number.POSITIVE_INFINITY : (most ?? Number.POSITIVE_INFINITY)
    // A label that the metric has itself says something else.
    let label = 'overflow'
    while (labelNames.includes(label)) label += '_'
    this.labels = { [label]: 'true' }
  }

  /** @param open sets that this thread has open */
  hasRoom(open: number): boolean {
    return Math.max(open, this.#seen) < this.#most
  }

  /**
   * This thread has opened a set.
   *
   * @param labels as texts
   */
  add(labels: Labelled): void {
    if (this.#isLimited && !this.has(labels)) this.#seen++
  }

  /** It has given one up. */
  remove(): void {
    this.#seen--
  }

  clear(): void {
    this.#seen = 0
    this.#sets = []
    this.#keys = new Set()
  }

  /** @param sets of a look: the same list, as long as they are the same */
  see(sets: readonly Merged[]): void {
    if (!this.#isLimited) return
    if (this.#sets !== sets) {
      this.#sets = sets
      this.#keys = new Set(sets.map(({ labels }) => labelsKey(labels)))
      this.#keys.delete(labelsKey(this.labels))
    }
    this.#seen = this.#keys.size
  }

  /**
   * Whether the last look had it.
   *
   * @param labels as texts
   */
  has(labels: Labelled): boolean {
    return this.#keys.has(labelsKey(labels))
  }

  get #isLimited(): boolean {
    return this.#most < Number.POSITIVE_INFINITY
  }

  /** Once: a set is counted with others. */
  warn(): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    const [[name, value]] = Object.entries(this.labels) as [[string, string | number]]
    process.emitWarning(
      `rseq/prom-client: ${this.#name} has ${this.#most} sets of labels, which is its maxSeries: further ones are ` +
        `counted together as {${name}="${value}"}`,
      { code: 'RSEQ_MAX_SERIES' },
    )
  }
}
