import { cpuId, status } from 'rseq'
import { describe, expect, test } from 'vitest'
import { Watched } from '../../../bench/watched'
import { helpers, showsSystemCalls } from '../../support/world'

describe('a watched loop', () => {
  /** Interrupts itself at every third call, says so many nanoseconds as there were calls. */
  function interruptedBy(interrupt: () => void): Watched {
    let calls = 0
    return new Watched(() => {
      if (++calls % 3 === 0) interrupt()
      return calls
    }, 1)
  }

  /** What 300 calls say, but for the interrupted ones. */
  function keptOf(watched: Watched): number[] {
    const calls = Array.from({ length: 300 }, () => watched.call())
    return calls.filter(({ interrupted }) => !interrupted).map(({ ns }) => ns)
  }

  test('tells the calls that were interrupted, and counts them', () => {
    const watched = interruptedBy(() => {
      if (status().cpus.online > 1) helpers.pin(0, cpuId() === 0 ? 1 : 0)
      else if (showsSystemCalls) helpers.signal(0)
    })
    const kept = keptOf(watched)
    const { calls, unseen, discarded } = watched.found()
    expect([calls, unseen]).toEqual([300, 0])
    const lost = discarded.moved + discarded.preempted + discarded.other
    expect(kept).toHaveLength(300 - lost)
    if (status().cpus.online > 1 || showsSystemCalls) {
      expect(lost).toBeGreaterThanOrEqual(100)
      expect(kept.filter((ns) => ns % 3 === 0)).toEqual([])
    }
    expect(watched.found()).toEqual({
      calls: 0,
      unseen: 0,
      kept: 0,
      discarded: { moved: 0, preempted: 0, other: 0 },
    })
  })

  test('may wait: that belongs to it', () => {
    // A millisecond's sleep, now and then, is what a thread does that waits for V8's collector.
    const watched = interruptedBy(() => helpers.systemCall(3))
    const kept = keptOf(watched)
    expect(kept.filter((ns) => ns % 3 === 0).length).toBeGreaterThan(20)
  })
})
