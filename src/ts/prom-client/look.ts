import { type Merged, merge } from '../families'
import type { Region } from '../region'
import { Survey } from '../survey'

const surveys = new WeakMap<Region, Survey>()

/** What a region counted at one moment, by scope and name. */
export class Look {
  readonly #found = new Map<string, Map<string, Merged[]>>()

  /** @throws {RseqError} as `Survey.read` */
  constructor(region: Region) {
    let survey = surveys.get(region)
    if (survey === undefined) {
      survey = new Survey(region)
      surveys.set(region, survey)
    }
    for (const one of merge(survey.read())) {
      const names = this.scope(one.scope)
      const known = names.get(one.name)
      if (known === undefined) names.set(one.name, [one])
      else known.push(one)
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
