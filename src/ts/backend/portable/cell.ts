import type { Memory } from './memory'

/*
 * A cell, which all threads add to, is never set back while anybody has it open: no add can be lost. A drain moves its
 * baseline, and only from the one that it read before it read the cell: of any number of drains each add is in one.
 */
const word = new BigInt64Array(1)
const double = new Float64Array(word.buffer)

export function doubleOf(bits: bigint): number {
  word[0] = bits
  return double[0] as number
}

export function bitsOf(x: number): bigint {
  double[0] = x
  return word[0] as bigint
}

export function add({ cells }: Memory, cell: number, n: number): void {
  Atomics.add(cells, cell, BigInt(n))
}

export function addFloat({ cells }: Memory, cell: number, x: number): void {
  for (let known = Atomics.load(cells, cell); ; ) {
    const found = Atomics.compareExchange(cells, cell, known, bitsOf(doubleOf(known) + x))
    if (found === known) return
    known = found
  }
}

/** Modulo 2⁶⁴, as all adds. */
export function sum({ cells, baselines }: Memory, cell: number): bigint {
  const before = Atomics.load(baselines, cell)
  return BigInt.asIntN(64, Atomics.load(cells, cell) - before)
}

export function drain({ cells, baselines }: Memory, cell: number): bigint {
  for (;;) {
    const before = Atomics.load(baselines, cell)
    const total = Atomics.load(cells, cell)
    if (total === before) return 0n
    if (Atomics.compareExchange(baselines, cell, before, total) === before) {
      return BigInt.asIntN(64, total - before)
    }
  }
}

export function sumFloat({ cells, baselines }: Memory, cell: number): number {
  const before = Atomics.load(baselines, cell)
  return doubleOf(Atomics.load(cells, cell)) - doubleOf(before)
}

export function drainFloat({ cells, baselines }: Memory, cell: number): number {
  for (;;) {
    const before = Atomics.load(baselines, cell)
    const total = Atomics.load(cells, cell)
    if (Atomics.compareExchange(baselines, cell, before, total) === before) {
      return doubleOf(total) - doubleOf(before)
    }
  }
}
