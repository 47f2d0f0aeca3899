import type { PerCpuCounter } from '../counter/counter'
import type { PerCpuSum } from '../counter/sum'
import type { Gauge } from './gauge'

export { pourSamples } from '../histogram/histogram'

/*
 * Takes everything out of the one, and adds it to the other. Other threads of the process may count in the first one
 * still: what they add later, they move themselves.
 */

export function pourIntegers(from: PerCpuCounter, to: PerCpuCounter): void {
  const most = BigInt(Number.MAX_SAFE_INTEGER)
  for (let left = from.drain(); left !== 0n; ) {
    const part = left > most ? most : left < -most ? -most : left
    to.add(Number(part))
    left -= part
  }
}

export function pourFractions(from: PerCpuSum, to: PerCpuSum): void {
  const sum = from.drain()
  // Beyond the range of a double it says nothing.
  if (Number.isFinite(sum)) to.add(sum)
}

/** By adding: threads that count up and down together each move their own part. A new gauge is 0. */
export function pourValue(from: Gauge, to: Gauge): void {
  const { value } = from
  if (Number.isFinite(value)) from.add(-value)
  else from.set(0)
  to.add(value)
}
