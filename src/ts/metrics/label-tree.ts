type Labels = Readonly<Record<string, unknown>>

/** What leads on from here, by value; and what belongs to the labels that end here. */
class Branch<T> extends Map<unknown, Branch<T>> {
  found: T | undefined = undefined

  below(key: unknown): Branch<T> {
    let branch = this.get(key)
    if (branch === undefined) {
      branch = new Branch()
      this.set(key, branch)
    }
    return branch
  }
}

/** prom-client tells label values apart by their texts. */
function textOf(value: unknown): unknown {
  return typeof value === 'string' || value === undefined ? value : `${value}`
}

/** What belongs to each set of values of known labels. It has a level for each label: a look-up makes and hashes no string. */
export class LabelTree<T> {
  readonly #names: readonly string[]
  readonly #root = new Branch<T>()

  /** @param names of the labels, in their order */
  constructor(names: readonly string[]) {
    this.#names = names
  }

  find(labels: Labels): T | undefined {
    let at: Branch<T> | undefined = this.#root
    for (let i = 0; i < this.#names.length && at !== undefined; i++)
      at = at.get(textOf(labels[this.#names[i] as string]))
    return at?.found
  }

  /** @param values as many as there are labels, in their order */
  findBy(values: readonly unknown[]): T | undefined {
    let at: Branch<T> | undefined = this.#root
    for (let i = 0; i < this.#names.length && at !== undefined; i++) at = at.get(textOf(values[i]))
    return at?.found
  }

  set(labels: Labels, one: T): void {
    let at = this.#root
    for (const name of this.#names) at = at.below(textOf(labels[name]))
    at.found = one
  }

  /** Branches that lead nowhere then go with it. */
  delete(labels: Labels, level = 0, at = this.#root): void {
    const name = this.#names[level]
    if (name === undefined) at.found = undefined
    else {
      const value = textOf(labels[name])
      const below = at.get(value)
      if (below === undefined) return
      this.delete(labels, level + 1, below)
      if (below.size === 0) at.delete(value)
    }
  }

  clear(): void {
    this.#root.clear()
    this.#root.found = undefined
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
