import { type Merged, merge } from '../../metrics/families'
import { hasSpilled } from '../../metrics/spilling'
import { type Sample, Survey } from '../../metrics/survey'
import { warnOfLosses } from '../../region/losses'
import type { Region } from '../../region/region'
import { areLabelNames, fitLines, isMetricName, isOnPages, leaveOff } from './readable'

/** Whether a page can have it: any process can have written anything to the region. */
function isReadable({ name, kind, labels, buckets }: Merged): boolean {
  const isName = isMetricName(name)
  if (isName && areLabelNames(labels, kind) && fitLines(labels, buckets?.count ?? 1)) return true
  leaveOff(isName ? 'labels of the metric' : 'the metric', name)
  return false
}

/** What a region counted at one moment, by scope and name: what this entry point has on pages. */
export class Look {
  readonly #found = new Map<string, Map<string, Merged[]>>()

  /** @param all what belongs together */
  constructor(all: readonly Merged[]) {
    let last: Merged[] = []
    for (const one of all) {
      if (!isOnPages(one.scope) || !isReadable(one)) continue
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
}

/** Looks at a region again and again: while its series stay the same, it is the same look, which says new values. */
class Looker {
  readonly #region: Region
  readonly #survey: Survey
  #samples: readonly Sample[] | null = null
  #look = new Look([])

  constructor(region: Region) {
    this.#region = region
    this.#survey = new Survey(region)
  }

  look(): Look {
    const samples = this.#survey.look()
    warnOfLosses(this.#region)
    if (samples === this.#samples) return this.#look
    this.#look = new Look(merge(samples))
    this.#samples = samples
    return this.#look
  }
}

const lookers = new WeakMap<Region, Looker>()

/**
 * What a region counts now. Earlier looks are not to be read any more.
 *
 * @throws {RseqError} as `Survey.read`
 */
export function lookAt(region: Region): Look {
  let looker = lookers.get(region)
  if (looker === undefined) {
    looker = new Looker(region)
    lookers.set(region, looker)
  }
  return looker.look()
}

/** A look at each region, all of them taken at their first use. */
export class Looks {
  readonly #looks = new Map<Region, Look>()
  readonly #spilled = new Map<Region, boolean>()

  /** Whether something of that region counts in the process. Asked once for each page. */
  readonly hasSpilled = (region: Region): boolean => {
    let answer = this.#spilled.get(region)
    if (answer === undefined) {
      answer = hasSpilled(region)
      this.#spilled.set(region, answer)
    }
    return answer
  }

  at(region: Region): Look {
    let look = this.#looks.get(region)
    if (look === undefined) {
      look = lookAt(region)
      this.#looks.set(region, look)
    }
    return look
  }
}
