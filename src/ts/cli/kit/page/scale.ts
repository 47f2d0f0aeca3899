/// <reference path="./modules.d.ts" />
import { ticks } from 'd3-array'

/** Where values stand on an axis, and its marks. */
export interface Scale {
  /** 0 to 1. */
  at(value: number): number
  readonly marks: readonly number[]
}

/** From zero. */
export function linear(most: number, marks: number): Scale {
  return { at: (value) => value / most, marks: ticks(0, most, marks) }
}

/** Equal ratios, equal steps; none of both is zero. */
export function logarithmic(least: number, most: number): Scale {
  const ratio = Math.log(most / least) || 1
  return { at: (value) => Math.max(0, Math.log(value / least) / ratio), marks: decades(least, most) }
}

/** 1, 10, 100 …; between few of them also 2 and 5 times as much. */
function decades(least: number, most: number): number[] {
  const steps = most / least > 3000 ? [1] : [1, 2, 5]
  const found: number[] = []
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most; power++) {
    found.push(...steps.map((step) => step * 10 ** power).filter((value) => value >= least && value <= most))
  }
  return found
}

/** More marks than these may have no room. */
export function powersOfTen({ at, marks }: Scale): Scale {
  return { at, marks: marks.filter((mark) => Number.isInteger(Number(Math.log10(mark).toFixed(6)))) }
}

/** A place along an axis, for an attribute. */
export function percentOf(share: number): string {
  return `${(100 * share).toFixed(2)}%`
}
