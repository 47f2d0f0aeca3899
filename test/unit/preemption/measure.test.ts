import { measureUninterrupted, PerCpuCounter, status } from 'rseq'
import { describe, expect, test } from 'vitest'
import { hasRseq, helpers, showsSystemCalls, world } from '../../support/world'

function work(): number {
  let sum = 0
  for (let i = 0; i < 500; i++) sum = (sum * 31 + i) | 0
  return sum
}

/** Calls of fn that measureUninterrupted makes, and what it gives. */
function counted(
  fn: (call: number) => void,
  options: { samples: number; attempts?: number; warmup?: number },
) {
  let calls = 0
  const result = measureUninterrupted(() => fn(calls++), options)
  const { moved, preempted, blocked, other } = result.discarded
  return { result, calls, discarded: moved + preempted + blocked + other }
}

if (hasRseq)
  describe(`measureUninterrupted, world ${world}`, () => {
    test('keeps as many samples as were asked for, and says what they are', () => {
      const result = measureUninterrupted(work, { samples: 500, attempts: 100_000 })
      expect(result).toMatchObject({ kept: 500, samples: expect.any(Float64Array) })
      expect(result.samples.length).toBe(500)
      const sorted = [...result.samples].sort((a, b) => a - b)
      expect(sorted[0]).toBeGreaterThan(0)
      expect(result).toMatchObject({
        min: sorted[0],
        median: sorted[249],
        p99: sorted[494],
        max: sorted[499],
      })
      expect(Object.isFrozen(result) && Object.isFrozen(result.discarded)).toBe(true)
    })

    test('every call but the warm-up is kept or discarded, once', () => {
      const { result, calls, discarded } = counted(work, { samples: 2000, warmup: 77 })
      expect(calls).toBe(77 + result.attempts)
      expect(result.kept + discarded).toBe(result.attempts)
    })

    test('discards what was interrupted, by why', () => {
      const pid = () => helpers.systemCall(0)
      const all = { samples: 100, attempts: 300, warmup: 10 }
      const signals = counted((i) => i % 3 === 0 && helpers.signal(0), all)
      if (showsSystemCalls) expect(signals.result.discarded.other).toBeGreaterThan(20)
      const sleeps = counted((i) => i % 3 === 0 && helpers.systemCall(3), all)
      expect(sleeps.result.discarded.blocked).toBeGreaterThan(20)
      // A sleep is no wait where a slow machine takes longer than that to begin it: but not five times in a row.
      const sleep = () => {
        for (let i = 0; i < 5; i++) helpers.systemCall(3)
      }
      const none = counted(sleep, { ...all, attempts: 100 })
      expect(none.result).toMatchObject({ kept: 0, attempts: 100, min: Number.NaN, p99: Number.NaN })
      expect(none.result.samples.length).toBe(0)
      // A system call that does not wait is no interruption.
      expect(counted(pid, { samples: 100, attempts: 10_000 }).result.kept).toBe(100)
      if (status().cpus.online < 2) return
      const moves = counted((i) => i % 2 === 0 && helpers.pin(0, (i / 2) % 2), { ...all, attempts: 250 })
      expect(moves.result.discarded.moved).toBeGreaterThan(90)
    })

    test('times operations of the package, too', () => {
      const counter = new PerCpuCounter()
      const { kept, attempts } = measureUninterrupted(() => counter.inc(), { samples: 200, warmup: 10 })
      expect(kept).toBe(200)
      expect(counter.value).toBe(10 + attempts)
    })

    test('what the function throws goes through', () => {
      const error = new Error('mine')
      const throwing = (calls: number) => (i: number) => {
        if (i >= calls) throw error
      }
      expect(() => counted(throwing(0), { samples: 5 })).toThrow(error)
      expect(() => counted(throwing(12), { samples: 5, warmup: 10 })).toThrow(error)
    })
  })

test('wrong arguments throw before anything is called', () => {
  const unreachable = () => expect.unreachable()
  const measure = measureUninterrupted as (fn: unknown, options?: unknown) => unknown
  const wrong: [unknown, unknown, ErrorConstructor][] = [
    [undefined, {}, TypeError],
    [{}, {}, TypeError],
    [unreachable, null, TypeError],
    [unreachable, 5, TypeError],
    ...['samples', 'attempts', 'warmup'].flatMap((name): [unknown, unknown, ErrorConstructor][] => [
      [unreachable, { [name]: '1' }, TypeError],
      [unreachable, { [name]: 1.5 }, RangeError],
      [unreachable, { [name]: -1 }, RangeError],
      [unreachable, { [name]: Number.NaN }, RangeError],
    ]),
    [unreachable, { samples: 0 }, RangeError],
    [unreachable, { samples: 10_000_001 }, RangeError],
    [unreachable, { samples: 10, attempts: 9 }, RangeError],
  ]
  for (const [fn, options, kind] of wrong) {
    expect(() => measure(fn, options)).toThrow(kind)
    expect(() => measure(fn, options)).toThrow(/^measureUninterrupted.*expected .*, received /)
  }
})

if (hasRseq)
  test('a promise throws', () => {
    expect(() => measureUninterrupted(async () => 1)).toThrow(/returns when it is done, received a Promise/)
    let calls = 0
    const late = () => (calls++ < 3 ? 0 : Promise.resolve())
    expect(() => measureUninterrupted(late, { warmup: 0 })).toThrow(TypeError)
  })
