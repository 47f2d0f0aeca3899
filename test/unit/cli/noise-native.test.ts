import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { status } from 'rseq'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Addon } from '../../../src/ts/backend/addon'
import { helpers, root } from '../../support/world'

// noise.h's Outcome.
const [REFUSED, GOES_ON, OVER, MOVED] = [-1, 0, 1, 2]
const TOTALS = 6
const GAP = 3
const SECOND = 1e9

const addon = createRequire(import.meta.url)(join(root, 'build', 'Release', 'rseq.node')) as Addon
const now = (): number => Number(process.hrtime.bigint())
/** Stays where it is for as long as these tests run. */
const cpu = addon.schedGetcpu()
expect(helpers.pin(0, cpu)).toBe(0)

let control: Int32Array = new Int32Array(2)
let into: Float64Array = new Float64Array(0)
beforeEach(() => {
  control = new Int32Array(new SharedArrayBuffer(8))
  into = memory(1000)
})

function memory(gaps: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer((TOTALS + GAP * gaps) * 8))
}

/** The calls that a watching thread makes. */
function watch(nanoseconds: number, threshold = 1000, to = into): number {
  const origin = now()
  let outcome = GOES_ON
  while (outcome === GOES_ON) outcome = addon.watch(cpu, origin, nanoseconds, threshold, control, to)
  return outcome
}

describe('watching', () => {
  test('writes gaps down in order, and for how long it watched', () => {
    expect(watch(0.3 * SECOND, 1000, memory(100_000))).toBe(OVER)
    into = memory(100_000)
    control[1] = 0
    expect(watch(0.3 * SECOND)).toBe(OVER)
    const count = control[1] as number
    // A timer's interrupts at least.
    expect(count).toBeGreaterThan(0)
    const [begun, ended, watched, ...unfit] = into.subarray(0, TOTALS) as unknown as number[]
    expect(unfit).toEqual([0, 0, 0])
    expect(watched).toBeGreaterThan(0)
    expect(watched).toBeLessThanOrEqual((ended as number) - (begun as number))
    expect(ended).toBeGreaterThanOrEqual(0.3 * SECOND)
    let before = begun as number
    for (let i = 0; i < count; i++) {
      const [start, length, cause] = into.subarray(TOTALS + GAP * i, TOTALS + GAP * (i + 1))
      expect(start).toBeGreaterThanOrEqual(before)
      expect(length).toBeGreaterThan(1000)
      expect([0, 1]).toContain(cause)
      before = (start as number) + (length as number)
    }
    expect(before).toBeLessThanOrEqual(ended as number)
  })

  test('comes back after a tenth of a second, so that its thread can be ended', () => {
    expect(addon.watch(cpu, now(), 3600 * SECOND, 1000, control, into)).toBe(GOES_ON)
    expect(into[2]).toBeGreaterThanOrEqual(0.1 * SECOND)
  })

  test('ends where somebody stops it', () => {
    control[0] = 1
    expect(watch(3600 * SECOND)).toBe(OVER)
  })

  test('counts gaps for which there is no room', () => {
    into = memory(2)
    // Each turn is a gap.
    expect(watch(0.5 * SECOND, 0)).toBe(OVER)
    expect(control[1]).toBe(2)
    const [, , watched = 0, gaps = 0, time = 0, longest = 0] = into
    expect(gaps).toBeGreaterThan(100)
    expect(time).toBeLessThan(watched)
    expect(longest).toBeLessThanOrEqual(time)
    expect(longest).toBeGreaterThanOrEqual(time / gaps)
  })

  test('says so where the thread is on another CPU', () => {
    expect(addon.watch(cpu + 1, now(), SECOND, 1000, control, into)).toBe(MOVED)
    expect(addon.watch(2 ** 32, now(), SECOND, 1000, control, into)).toBe(MOVED)
  })
})

describe('bad arguments', () => {
  const call = addon.watch as (...args: unknown[]) => number
  const fine = (): unknown[] => [cpu, now(), 0, 1000, control, into]

  test('fine ones are taken', () => expect(call(...fine())).toBe(OVER))

  const numbers = [Number.NaN, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, 5e18]
  test.each(numbers.flatMap((value) => [1, 2, 3].map((at) => [value, at])))(
    '%d as argument %i is refused',
    (value, at) => expect(call(...fine().with(at, value))).toBe(REFUSED),
  )

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 1],
    ['an object', { length: 100, buffer: new ArrayBuffer(800) }],
    ['a list', [0, 0]],
    ['a DataView', new DataView(new ArrayBuffer(800))],
    ['bytes', new Uint8Array(800)],
    ['nothing in it', new Int32Array()],
    ['too little', new Int32Array(1)],
    ['unsigned words', new Uint32Array(2)],
  ])('%s as control is refused', (_, value) => expect(call(...fine().with(4, value))).toBe(REFUSED))

  test.each([
    ['nothing', undefined],
    ['too little', new Float64Array(TOTALS - 1)],
    ['floats', new Float32Array(100)],
    ['words', new BigInt64Array(100)],
    ['a proxy', new Proxy(new Float64Array(100), {})],
  ])('%s as memory is refused', (_, value) => expect(call(...fine().with(5, value))).toBe(REFUSED))

  test('arrays that say that they are longer are as long as they are', () => {
    const liar = Object.defineProperty(new Float64Array(TOTALS + GAP), 'length', { value: 1e9 })
    expect(watch(0.5 * SECOND, 0, liar)).toBe(OVER)
    expect(control[1]).toBe(1)
  })

  test('detached memory is refused', () => {
    for (const at of [4, 5]) {
      const array = at === 4 ? new Int32Array(2) : new Float64Array(100)
      structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] })
      expect(call(...fine().with(at, array))).toBe(REFUSED)
    }
  })

  test('more gaps than fit are refused, whoever wrote them', () => {
    for (const forged of [1001, 2 ** 31 - 1, -1]) {
      control[1] = forged
      expect(call(...fine())).toBe(REFUSED)
    }
  })

  test('no arguments are refused', () => expect(call()).toBe(REFUSED))

  test('a thread cannot stay on a CPU that there is not', () => {
    const { possible } = status().cpus
    for (const none of [possible + 64, 65_536, 2 ** 32, -1, 0.5, Number.NaN])
      expect(addon.stayOn(none)).toBe(22)
    expect((addon.stayOn as (cpu?: unknown) => number)('0')).toBe(22)
    expect(addon.stayOn(cpu)).toBe(0)
  })
})

afterAll(() => {
  expect(addon.stayOn(cpu)).toBe(0)
})
