import { monotonicMs } from '../../base/builtins'

/*
 * A lock between threads, any of which can be terminated with it, and no other one is told. So whoever finds the same ticket
 * in it for a second of waiting takes it over: a living owner needs microseconds.
 *
 * The second is made of short waits that each have to run out: a process that was stopped has waited for one of them at
 * most. An owner that is stopped alone, by a debugger or a long garbage collection, does lose the lock: see give().
 */
const WAIT_MS = 50
const WAITS_FOR_THE_DEAD = 20
/** Only memory that somebody plays with is locked as long as this. */
const WAITS_IN_ALL = 200

export class Lock {
  /** @param lock the word that is the owner's ticket, or 0 @param tickets the one that they are taken from */
  constructor(
    private readonly words: Int32Array,
    private readonly lock: number,
    private readonly tickets: number,
  ) {}

  /** @returns a ticket, which give() takes, or 0 where the lock was not to be had */
  take(): number {
    const { words, lock } = this
    // Odd, so never 0; none comes twice before all others have.
    const ticket = Atomics.add(words, this.tickets, 2) | 1
    let last = 0
    let unmoved = 0
    for (let waits = 0; waits < WAITS_IN_ALL; ) {
      const seen = Atomics.compareExchange(words, lock, 0, ticket)
      if (seen === 0) return ticket
      if (seen !== last) unmoved = 0
      last = seen
      if (unmoved === WAITS_FOR_THE_DEAD) {
        if (Atomics.compareExchange(words, lock, seen, ticket) === seen) return ticket
      } else if (waitInVain(words, lock, seen)) {
        unmoved++
        waits++
      }
    }
    return 0
  }

  /** @returns false where somebody else took the lock over: nobody knows what the two have made of the memory */
  give(ticket: number): boolean {
    const mine = Atomics.compareExchange(this.words, this.lock, ticket, 0) === ticket
    Atomics.notify(this.words, this.lock, 1)
    return mine
  }
}

/** @returns whether the time ran out */
function waitInVain(words: Int32Array, lock: number, seen: number): boolean {
  try {
    return Atomics.wait(words, lock, seen, WAIT_MS) === 'timed-out'
  } catch {
    // Some engines let no main thread wait.
    const end = monotonicMs() + WAIT_MS
    while (Atomics.load(words, lock) === seen) if (monotonicMs() > end) return true
    return false
  }
}
