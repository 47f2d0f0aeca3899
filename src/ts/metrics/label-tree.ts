type Value = string | undefined
type Branch<T> = Map<Value, Branch<T> | T>

/** prom-client tells label values apart by what they look like. */
function shown(value: unknown): Value {
  return typeof value === 'string' || value === undefined ? value : `${value}`
}

/**
 * What belongs to each set of label values. A level for each label: looking something up makes no string, and so hashes
 * none.
 */
export class Tree<T extends object> {
  readonly #names: readonly string[]
  readonly #root: Branch<T> = new Map()

  /** @param names of the labels, in their order */
  constructor(names: readonly string[]) {
    // What has no labels is below one value all the same.
    this.#names = names.length === 0 ? [''] : names
  }

  find(labels: Readonly<Record<string, unknown>>): T | undefined {
    const names = this.#names
    let at: Branch<T> | T | undefined = this.#root
    for (let i = 0; i < names.length && at !== undefined; i++) {
      at = (at as Branch<T>).get(shown(labels[names[i] as string]))
    }
    return at as T | undefined
  }

  /** @param values as many as there are labels, in their order */
  findBy(values: readonly unknown[]): T | undefined {
    let at: Branch<T> | T | undefined = this.#root
    for (let i = 0; i < this.#names.length && at !== undefined; i++) {
      at = (at as Branch<T>).get(shown(values[i]))
    }
    return at as T | undefined
  }

  set(labels: Readonly<Record<string, unknown>>, one: T): void {
    const last = this.#names.length - 1
    let at = this.#root
    for (let i = 0; i < last; i++) {
      const value = shown(labels[this.#names[i] as string])
      let below = at.get(value) as Branch<T> | undefined
      if (below === undefined) {
        below = new Map()
        at.set(value, below)
      }
      at = below
    }
    at.set(shown(labels[this.#names[last] as string]), one)
  }

  /** Branches that are empty then go with it. */
  delete(labels: Readonly<Record<string, unknown>>, level = 0, at = this.#root): void {
    const value = shown(labels[this.#names[level] as string])
    if (level < this.#names.length - 1) {
      const below = at.get(value) as Branch<T> | undefined
      if (below === undefined) return
      this.delete(labels, level + 1, below)
      if (below.size > 0) return
    }
    at.delete(value)
  }

  clear(): void {
    this.#root.clear()
  }
}
