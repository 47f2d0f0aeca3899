import { grouped, type Merged, merge } from '../../metrics/merged'
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
    const readable = all.filter((one) => isOnPages(one.scope) && isReadable(one))
    for (const same of grouped(readable, ({ scope, name }) => `${scope} ${name}`))
      this.scope(same[0].scope).set(same[0].name, same)
  }

  /** Everything of that scope, by name. */
  scope(scope: string): Map<string, Merged[]> {
    const names = this.#found.get(scope) ?? new Map<string, Merged[]>()
    this.#found.set(scope, names)
    return names
  }
}

/** What was seen last of a region: while its series stay the same, it is the same look, which says new values. */
const lasts = new WeakMap<Region, { survey: Survey; samples: readonly Sample[]; look: Look }>()

/**
 * What a region counts now. Earlier looks are not to be read any more.
 *
 * @throws {RseqError} as `Survey.read`
 */
export function lookAt(region: Region): Look {
  const last = lasts.get(region) ?? { survey: new Survey(region), samples: [], look: new Look([]) }
  lasts.set(region, last)
  const samples = last.survey.look()
  warnOfLosses(region)
  if (samples !== last.samples) {
    last.look = new Look(merge(samples))
    last.samples = samples
  }
  return last.look
}

/** A look at each region, all of them taken at their first use. */
export class Looks {
  readonly #looks = new Map<Region, Look>()
  readonly #spilled = new Map<Region, boolean>()

  /** Whether something of that region counts in the process. Asked once for each page. */
  readonly hasSpilled = (region: Region): boolean => {
    const answer = this.#spilled.get(region) ?? hasSpilled(region)
    this.#spilled.set(region, answer)
    return answer
  }

  at(region: Region): Look {
    const look = this.#looks.get(region) ?? lookAt(region)
    this.#looks.set(region, look)
    return look
  }
}
