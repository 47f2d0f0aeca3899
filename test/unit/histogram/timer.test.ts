import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { started, timed, UNITS } from '../../../lib/histogram/timer.js'

let times: number[] = []
const record = (elapsed: number): void => void times.push(elapsed)
const wait = (ms: number): void => void vi.advanceTimersByTime(ms)

beforeEach(() => {
  times = []
  vi.useFakeTimers({ toFake: ['hrtime', 'setTimeout', 'performance'] })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('UNITS', () => {
  test('are nanoseconds', () => {
    expect({ ...UNITS }).toEqual({
      seconds: 1e9,
      milliseconds: 1e6,
      microseconds: 1e3,
      nanoseconds: 1,
      s: 1e9,
      ms: 1e6,
      us: 1e3,
      ns: 1,
    })
  })

  test.each(['bytes', '', 'constructor', '__proto__', 'toString'])('%j has none', (unit) => {
    expect(UNITS[unit]).toBeUndefined()
  })
})

describe('started', () => {
  test('records with each stop the time since the start', () => {
    const stop = started(record)
    wait(3)
    expect(stop()).toBe(3_000_000)
    wait(2)
    expect(stop()).toBe(5_000_000)
    expect(times).toEqual([3_000_000, 5_000_000])
  })

  test.each([
    ['seconds', 1.5],
    ['ms', 1500],
    ['us', 1_500_000],
    ['ns', 1_500_000_000],
  ])('in %s', (unit, elapsed) => {
    const stop = started(record, UNITS[unit])
    wait(1500)
    expect(stop()).toBe(elapsed)
    expect(times).toEqual([elapsed])
  })

  test('a real clock gives whole nanoseconds', async () => {
    vi.useRealTimers()
    const stop = started(record)
    await new Promise((resolve) => setTimeout(resolve, 20))
    const elapsed = stop()
    expect(Number.isSafeInteger(elapsed)).toBe(true)
    expect(elapsed).toBeGreaterThanOrEqual(15e6)
    expect(elapsed).toBeLessThan(20e9)
  })
})

describe('timed', () => {
  test('records each call, and is the function otherwise', () => {
    const base = 5
    function add(this: { base: number }, a: number, b: number): number {
      wait(7)
      return this.base + a + b
    }
    const timedAdd = timed(record, 1e6, add)
    expect(timedAdd.call({ base }, 1, 2)).toBe(8)
    expect(times).toEqual([7])
    expect(timedAdd.call({ base }, 1, 3)).toBe(9)
    expect(times).toEqual([7, 7])
    expect(timedAdd.name).toBe('add')
    expect(timedAdd.length).toBe(2)
  })

  test('records a call that throws', () => {
    const error = new Error('on purpose')
    const fails = timed(record, 1e6, () => {
      wait(4)
      throw error
    })
    expect(fails).toThrow(error)
    expect(times).toEqual([4])
  })

  test('records an asynchronous call when it has settled', async () => {
    const result = { value: 1 }
    let resolve: (value: object) => void = () => {}
    const call = timed(record, 1e6, () => new Promise<object>((done) => (resolve = done)))()
    expect(call).toBeInstanceOf(Promise)
    wait(9)
    expect(times).toEqual([])
    resolve(result)
    expect(await call).toBe(result)
    expect(times).toEqual([9])
  })

  test('records an asynchronous call that fails, and leaves its error to the caller', async () => {
    const error = new Error('on purpose')
    const fails = timed(record, 1e6, async (ms: number) => {
      await Promise.resolve()
      wait(ms)
      throw error
    })
    await expect(fails(6)).rejects.toBe(error)
    expect(times).toEqual([6])
  })

  test('a rejection that nobody handles is reported once', async () => {
    const reported: unknown[] = []
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', (reason) => reported.push(reason))
    try {
      void timed(record, 1, async () => Promise.reject('on purpose'))()
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.removeAllListeners('unhandledRejection')
      for (const listener of others) process.on('unhandledRejection', listener)
    }
    expect(reported).toEqual(['on purpose'])
    expect(times).toHaveLength(1)
  })

  test('does not start what is lazy', () => {
    let starts = 0
    const lazy = {
      // biome-ignore lint/suspicious/noThenProperty: what the test is about
      then: () => void starts++,
    }
    expect(timed(record, 1, () => lazy)()).toBe(lazy)
    expect(starts).toBe(0)
    expect(times).toHaveLength(1)
  })

  test('each of several at a time has its own clock', async () => {
    const call = timed(record, 1e6, (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)))
    const both = [call(10)]
    wait(5)
    both.push(call(10))
    await vi.advanceTimersByTimeAsync(20)
    await Promise.all(both)
    expect(times).toEqual([10, 10])
  })

  test.each([undefined, null, {}, 'f'])('refuses %j', (fn) => {
    expect(() => timed(record, 1, fn as never)).toThrow(TypeError)
    expect(() => timed(record, 1, fn as never)).toThrow('timed: expected a function')
  })
})
