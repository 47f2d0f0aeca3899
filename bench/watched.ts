import { measureUninterrupted, PreemptionProbe, RseqError } from 'rseq'
import type { TimedLoop } from '../src/ts/cli/bench/plan'
import type { Interruptions } from '../src/ts/cli/bench/result'

const ONE = { samples: 1, attempts: 1, warmup: 0 }

/** One call of a loop. */
export interface Call {
  /** Nanoseconds per operation. */
  readonly ns: number
  readonly interrupted: boolean
}

/**
 * A loop, and what became of its calls. A call that something interrupted says what the machine was doing. That the loop itself waits belongs to it: allocating, it waits for the helpers of V8's collector.
 */
export class Watched {
  readonly #loop: TimedLoop
  readonly #n: number
  readonly #canSee = canSee()
  #calls = 0
  #discarded = { moved: 0, preempted: 0, other: 0 }

  /** @param n operations of a call */
  constructor(loop: TimedLoop, n: number) {
    this.#loop = loop
    this.#n = n
  }

  call(): Call {
    this.#calls++
    if (!this.#canSee) return { ns: this.#loop(this.#n), interrupted: false }
    let ns = 0
    const { discarded } = measureUninterrupted(() => {
      ns = this.#loop(this.#n)
    }, ONE)
    const { moved, preempted, other } = discarded
    this.#discarded.moved += moved
    this.#discarded.preempted += preempted
    this.#discarded.other += other
    return { ns, interrupted: moved + preempted + other > 0 }
  }

  /** What became of the calls since this was asked last. */
  found(): Interruptions {
    const calls = this.#calls
    const discarded = this.#discarded
    this.#calls = 0
    this.#discarded = { moved: 0, preempted: 0, other: 0 }
    return { calls, unseen: this.#canSee ? 0 : calls, kept: 0, discarded }
  }
}

/** Whether this thread's interruptions can be seen. */
function canSee(): boolean {
  try {
    new PreemptionProbe()
    return true
  } catch (error) {
    if (error instanceof RseqError && error.code === 'ERR_RSEQ_FEATURE') return false
    throw error
  }
}
