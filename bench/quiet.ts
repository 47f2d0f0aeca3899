import { clock } from './clock'

/** How much slower than ever before the empty loop may be beside a sample. */
const TOLERANCE = 1.12
/** One look at the empty loop: short beside a sample, long beside the clock's own price. */
const LOOK_NS = 40_000
/** What every process is measured by, and what is watched while others are. */
export function emptyLoop(n: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) sum = (sum + i) | 0
  return sum
}

/**
 * Tells the samples during which nothing else slowed this CPU. A neighbour on the same core can double the price of
 * everything, for a tenth of a millisecond or for a second. An empty loop before and after each sample tells, not
 * the sample itself: what varies of its own accord still does.
 */
export class Quiet {
  #turns = 1
  #best = Number.POSITIVE_INFINITY

  constructor() {
    // Long enough to be compiled; and below, to meet a quiet moment.
    for (let i = 0; i < 300; i++) emptyLoop(50_000)
    const begun = clock()
    emptyLoop(50_000)
    this.#turns = Math.ceil((50_000 * LOOK_NS) / (clock() - begun))
    for (let i = 0; i < 600; i++) this.look()
  }

  /** Whether it is quiet. To be asked before and after each sample. */
  look(): boolean {
    const begun = clock()
    emptyLoop(this.#turns)
    const time = clock() - begun
    this.#best = Math.min(this.#best, time)
    return time <= this.#best * TOLERANCE
  }
}
