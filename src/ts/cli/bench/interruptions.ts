import { whole } from '../kit/format'
import type { Interruptions } from './result'

/** All of them together; null where they were not looked for at all. */
export function together(some: readonly (Interruptions | null)[]): Interruptions | null {
  const all = some.filter((one) => one !== null)
  if (all.length === 0) return null
  const sum = (of: (one: Interruptions) => number): number => all.reduce((total, one) => total + of(one), 0)
  return {
    calls: sum(({ calls }) => calls),
    unseen: sum(({ unseen }) => unseen),
    kept: sum(({ kept }) => kept),
    discarded: {
      moved: sum(({ discarded }) => discarded.moved),
      preempted: sum(({ discarded }) => discarded.preempted),
      other: sum(({ discarded }) => discarded.other),
    },
  }
}

/** The same, where the interrupted samples had to do. */
export function allKept({ calls, unseen, kept, discarded }: Interruptions): Interruptions {
  return {
    calls,
    unseen,
    kept: kept + discarded.moved + discarded.preempted + discarded.other,
    discarded: { moved: 0, preempted: 0, other: 0 },
  }
}

/** How many samples were thrown away, and why. */
export function thrownAway(interruptions: Interruptions | undefined): string {
  if (interruptions === undefined) return 'not looked for'
  const { calls, unseen, kept, discarded } = interruptions
  const seen = calls - unseen
  if (seen === 0) return 'could not be seen, no sample thrown away'
  const { moved, preempted, other } = discarded
  const why = `moved ${whole(moved)}, preempted ${whole(preempted)}, other ${whole(other)}`
  const others = kept === 0 ? '' : `; ${whole(kept)} interrupted ones kept, of rows with hardly any others`
  const blind = unseen === 0 ? '' : `; in ${whole(unseen)} more they could not be seen`
  return `${whole(moved + preempted + other)} of ${whole(seen)} samples thrown away (${why})${others}${blind}`
}
