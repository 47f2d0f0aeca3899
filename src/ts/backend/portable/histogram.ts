import { HISTOGRAM } from '../../contract/backend'
import type { Buckets } from '../../contract/buckets'
import { add, addFloat, bitsOf, doubleOf, drain, drainFloat, sum, sumFloat } from './cell'
import type { Memory } from './memory'

/** Cells of a histogram's run, as in src/native/objects/shape.h. */
const RUN = {
  /** The inverted key of the smallest sample: so that this one only grows, too. */
  min: 0,
  max: 1,
  /** The sum of the samples that are safe integers, an int64. */
  integers: 2,
  /** The sum of the others, a double. */
  fractions: 3,
  buckets: 4,
} as const

/** Cells that a histogram of so many buckets takes. */
export function runOf(buckets: Buckets): number {
  return RUN.buckets + buckets.count
}

const SIGN = 1n << 63n

/** A word that is the larger the larger the number is, and never 0, which stands for nothing. */
function keyOf(x: number): bigint {
  const bits = BigInt.asUintN(64, bitsOf(x))
  return (bits & SIGN) !== 0n ? BigInt.asUintN(64, ~bits) : bits | SIGN
}

function ofKey(key: bigint): number {
  if (key === 0n) return Number.NaN
  return doubleOf(BigInt.asIntN(64, (key & SIGN) !== 0n ? key ^ SIGN : ~key))
}

/** A histogram that this thread has open. Its numbers were checked; they are this thread's own. */
export class Histogram {
  constructor(
    private readonly memory: Memory,
    private readonly first: number,
    private readonly buckets: Buckets,
  ) {}

  /** @param x finite */
  record(x: number): void {
    this.#extend(x)
    add(this.memory, this.#bucketOf(x), 1)
    if (Number.isSafeInteger(x)) add(this.memory, this.first + RUN.integers, x)
    else addFloat(this.memory, this.first + RUN.fractions, x)
  }

  /** @param x finite @param times a safe integer */
  recordTimes(x: number, times: number): void {
    if (times === 0) return
    this.#extend(x)
    add(this.memory, this.#bucketOf(x), times)
    const product = Number.isSafeInteger(x) ? BigInt(x) * BigInt(times) : null
    if (product !== null && BigInt.asIntN(64, product) === product) {
      Atomics.add(this.memory.cells, this.first + RUN.integers, product)
    } else {
      addFloat(this.memory, this.first + RUN.fractions, x * times)
    }
  }

  /** Doubles: see {@link HISTOGRAM}. */
  read(drained: boolean): ArrayBuffer {
    const memory = this.memory
    const first = this.first
    const { count } = this.buckets
    const out = new Float64Array(HISTOGRAM.buckets + count)
    const integer = drained ? drain : sum
    // An inverted key is the negative number's.
    out[HISTOGRAM.min] = -this.#extreme(RUN.min, drained)
    out[HISTOGRAM.max] = this.#extreme(RUN.max, drained)
    const integers = integer(memory, first + RUN.integers)
    out[HISTOGRAM.integersHigh] = Number(integers >> 32n)
    out[HISTOGRAM.integersLow] = Number(BigInt.asUintN(32, integers))
    out[HISTOGRAM.fractions] = (drained ? drainFloat : sumFloat)(memory, first + RUN.fractions)
    for (let i = 0; i < count; i++) {
      out[HISTOGRAM.buckets + i] = Number(integer(memory, first + RUN.buckets + i))
    }
    return out.buffer
  }

  /** Adds what {@link read} said of a histogram of the same shape. @returns whether it fits */
  merge(cells: Float64Array): boolean {
    const { count } = this.buckets
    if (cells.length !== HISTOGRAM.buckets + count) return false
    const at = (which: number): number => cells[which] as number
    if (at(HISTOGRAM.min) <= at(HISTOGRAM.max)) {
      this.#extend(at(HISTOGRAM.min))
      this.#extend(at(HISTOGRAM.max))
    }
    for (let i = 0; i < count; i++) {
      const n = at(HISTOGRAM.buckets + i)
      if (Number.isSafeInteger(n)) add(this.memory, this.first + RUN.buckets + i, n)
    }
    const [high, low] = [at(HISTOGRAM.integersHigh), at(HISTOGRAM.integersLow)]
    if (Number.isSafeInteger(high) && Number.isSafeInteger(low)) {
      const integers = BigInt.asIntN(64, (BigInt(high) << 32n) + BigInt(low))
      Atomics.add(this.memory.cells, this.first + RUN.integers, integers)
    }
    addFloat(this.memory, this.first + RUN.fractions, at(HISTOGRAM.fractions))
    return true
  }

  #bucketOf(x: number): number {
    return this.first + RUN.buckets + this.buckets.indexOf(x)
  }

  #extend(x: number): void {
    const key = keyOf(x)
    this.#raise(RUN.min, BigInt.asUintN(64, ~key))
    this.#raise(RUN.max, key)
  }

  #raise(which: number, key: bigint): void {
    const { keys } = this.memory
    const cell = this.first + which
    for (let known = Atomics.load(keys, cell); known < key; ) {
      const found = Atomics.compareExchange(keys, cell, known, key)
      if (found === known) return
      known = found
    }
  }

  #extreme(which: number, drained: boolean): number {
    const { keys } = this.memory
    const cell = this.first + which
    return ofKey(drained ? Atomics.exchange(keys, cell, 0n) : Atomics.load(keys, cell))
  }
}
