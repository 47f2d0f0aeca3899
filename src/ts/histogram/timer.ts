import { util } from '../base/builtins'
import { checkFunction } from '../base/validate'

/** Nanoseconds in a unit of time, by the names that a histogram's unit may have; not by those of `Object.prototype`. */
export const UNITS: Readonly<Record<string, number>> = Object.freeze(
  Object.assign(Object.create(null) as Record<string, number>, {
    seconds: 1e9,
    milliseconds: 1e6,
    microseconds: 1e3,
    nanoseconds: 1,
    s: 1e9,
    ms: 1e6,
    us: 1e3,
    ns: 1,
  }),
)

/**
 * Starts a clock.
 *
 * The clock is `process.hrtime.bigint()`: it costs about what `performance.now()` does, and counts whole
 * nanoseconds for as long as the machine is up, so that a histogram's sum of them stays exact.
 *
 * @param record what takes the elapsed time
 * @param perUnit nanoseconds in the unit of that time: see {@link UNITS}
 * @returns what records the time since the start, and returns it; once more with each call
 */
export function started(record: (elapsed: number) => void, perUnit = 1): () => number {
  const start = process.hrtime.bigint()
  return () => {
    // A division: its result is the nearest double, which a product with 10⁻⁹ is not.
    const elapsed = Number(process.hrtime.bigint() - start) / perUnit
    record(elapsed)
    return elapsed
  }
}

/**
 * A function that does what `fn` does, and records how long each call takes: until it returns or throws, or
 * where it returns a promise, until that is fulfilled or rejected. It has the name and the length of `fn`,
 * and is no constructor.
 *
 * Another object with a `then` is a result like any other: to ask some of them is to start what they promise.
 *
 * @param record what takes the elapsed time
 * @param perUnit nanoseconds in the unit of that time: see {@link UNITS}
 * @throws {TypeError} where `fn` is no function
 */
export function timed<This, Args extends unknown[], Result>(
  record: (elapsed: number) => void,
  perUnit: number,
  fn: (this: This, ...args: Args) => Result,
): (this: This, ...args: Args) => Result {
  checkFunction('timed', fn)
  const { timer } = {
    timer(this: This, ...args: Args): Result {
      const stop = started(record, perUnit)
      let result: Result
      try {
        result = Reflect.apply(fn, this, args)
      } catch (error) {
        stop()
        throw error
      }
      // The caller gets this promise, not the first one: that would count as handled when it is rejected.
      if (util.types.isPromise(result)) return result.finally(stop) as Result
      stop()
      return result
    },
  }
  return Object.defineProperties(timer, {
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
  })
}
