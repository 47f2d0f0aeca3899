type Labels = Readonly<Record<string, unknown>>
type Value = string | undefined
type Level<T> = Map<Value, Level<T> | T>

/** Label values are told apart by their texts. */
function textOf(value: unknown): Value {
  return typeof value === 'string' || value === undefined ? value : `${value}`
}

/** What belongs to each set of values of known labels. It has a level for each label: a look-up makes and hashes no string. */
export class LabelTree<T extends object> {
  readonly #names: readonly string[]
  readonly #root: Level<T> = new Map()

  /** @param names of the labels, in their order */
  constructor(names: readonly string[]) {
    // What has no labels is below one value all the same.
    this.#names = names.length === 0 ? [''] : names
  }

  find(labels: Labels): T | undefined {
    const names = this.#names
    let at: Level<T> | T | undefined = this.#root
    for (let i = 0; i < names.length && at !== undefined; i++)
      at = (at as Level<T>).get(textOf(labels[names[i] as string]))
    return at as T | undefined
  }

  /** @param values as many as there are labels, in their order */
  findBy(values: readonly unknown[]): T | undefined {
    let at: Level<T> | T | undefined = this.#root
    for (let i = 0; i < this.#names.length && at !== undefined; i++)
      at = (at as Level<T>).get(textOf(values[i]))
    return at as T | undefined
  }

  set(labels: Labels, one: T): void {
    const values = this.#names.map((name) => textOf(labels[name]))
    const last = values.pop()
    let at = this.#root
    for (const value of values) {
      const below = (at.get(value) as Level<T> | undefined) ?? new Map()
      at.set(value, below)
      at = below
    }
    at.set(last, one)
  }

  /** Levels that are empty then go with it. */
  delete(labels: Labels, level = 0, at = this.#root): void {
    const value = textOf(labels[this.#names[level] as string])
    if (level < this.#names.length - 1) {
      const below = at.get(value) as Level<T> | undefined
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

/** What leads on from here, by value; and what belongs to the labels that end here. */
class Branch<T> extends Map<unknown, Branch<T>> {
  found: T | undefined = undefined

  below(key: unknown): Branch<T> {
    const branch = this.get(key) ?? new Branch()
    this.set(key, branch)
    return branch
  }
}

/**
 * The same for any labels, in the order of the object's keys: nothing is allocated or sorted. Contents count, not the
 * object, which a caller may change and reuse. The same labels in another order have a branch of their own.
 */
export class AnyLabelTree<T> {
  readonly #root = new Branch<T>()

  find(labels: Labels): T | undefined {
    let at: Branch<T> | undefined = this.#root
    for (const name in labels) {
      at = at.get(name)?.get(labels[name])
      if (at === undefined) return undefined
    }
    return at.found
  }

  /** Keeps nothing if a value is an array: its contents can change. */
  set(labels: Labels, one: T): void {
    for (const name in labels) if (typeof labels[name] === 'object') return
    let at = this.#root
    for (const name in labels) at = at.below(name).below(labels[name])
    at.found = one
  }
}
