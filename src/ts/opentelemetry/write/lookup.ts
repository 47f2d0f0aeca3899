import type { Attributes } from '@opentelemetry/api'

/** A place in the tree: what leads on from it, and what was found for the attributes that end here. */
class Place<T> {
  found: T | null = null
  readonly #next = new Map<string, Map<unknown, Place<T>>>()

  at(key: string, value: unknown): Place<T> | undefined {
    return this.#next.get(key)?.get(value)
  }

  make(key: string, value: unknown): Place<T> {
    const values = this.#next.get(key) ?? new Map<unknown, Place<T>>()
    this.#next.set(key, values)
    const place = values.get(value) ?? new Place<T>()
    values.set(value, place)
    return place
  }
}

/**
 * What was found for some attributes, found again by their keys and values in the order that they come in: nothing is
 * allocated or sorted. By contents, not by the object: a caller may change and reuse it. The same attributes in another
 * order have a place of their own.
 */
export class Lookup<T> {
  readonly #root = new Place<T>()

  get(attributes: Attributes): T | null {
    let place: Place<T> | undefined = this.#root
    for (const key in attributes) {
      place = place.at(key, attributes[key])
      if (place === undefined) return null
    }
    return place.found
  }

  /** Keeps nothing where a value is an array: its contents can change. */
  set(attributes: Attributes, found: T): void {
    for (const key in attributes) if (typeof attributes[key] === 'object') return
    let place = this.#root
    for (const key in attributes) place = place.make(key, attributes[key])
    place.found = found
  }
}
