import type { Part } from '../../metrics/cell'

/** Their owner is gone, and with it whoever could count or look. */
const abandoned = new FinalizationRegistry<Set<Part>>((all) => {
  for (const one of all) one.close()
})

/**
 * What a metric has open in a region. It is closed with the metric's last reference, too: programs that make a registry
 * for each request would fill the region else.
 */
export class Holds {
  readonly #all = new Set<Part>()

  /** @param owner that nothing of what is held refers to */
  constructor(owner: object) {
    abandoned.register(owner, this.#all)
  }

  add<T extends Part>(one: T): T {
    this.#all.add(one)
    return one
  }

  end(one: Part | null): void {
    if (one === null) return
    one.close()
    this.#all.delete(one)
  }
}
