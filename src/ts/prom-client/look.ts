import { type Merged, Merger } from '../families'
import type { Region } from '../region'
import { Survey } from '../survey'

interface Surveyor {
  readonly survey: Survey
  readonly merger: Merger
}

const surveyors = new WeakMap<Region, Surveyor>()

/** What a region counted at one moment, by scope and name. */
export class Look {
  readonly #found = new Map<string, Map<string, Merged[]>>()

  /** @throws {RseqError} as `Survey.read` */
  constructor(region: Region) {
    let surveyor = surveyors.get(region)
    if (surveyor === undefined) {
      surveyor = { survey: new Survey(region), merger: new Merger() }
      surveyors.set(region, surveyor)
    }
    let last: Merged[] = []
    for (const one of surveyor.merger.merge(surveyor.survey.read())) {
      // Those of a family mostly stand together.
      const [first] = last
      if (first?.name !== one.name || first.scope !== one.scope) last = this.#listOf(one)
      last.push(one)
    }
  }

  /** Everything of that scope, by name. */
  scope(scope: string): Map<string, Merged[]> {
    let names = this.#found.get(scope)
    if (names === undefined) {
      names = new Map()
      this.#found.set(scope, names)
    }
    return names
  }

  #listOf({ scope, name }: Merged): Merged[] {
    const names = this.scope(scope)
    let list = names.get(name)
    if (list === undefined) {
      list = []
      names.set(name, list)
    }
    return list
  }

  scopes(): string[] {
    return [...this.#found.keys()]
  }
}

/** A look at each region, all of them taken at their first use. */
export class Looks {
  readonly #looks = new Map<Region, Look>()

  at(region: Region): Look {
    let look = this.#looks.get(region)
    if (look === undefined) {
      look = new Look(region)
      this.#looks.set(region, look)
    }
    return look
  }
}
