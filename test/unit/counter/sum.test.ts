import { PerCpuSum, status } from 'rseq'
import { describe, expect, test } from 'vitest'
import { hasRseq, world } from '../../support/world'

describe(`PerCpuSum, world ${world}`, () => {
  test('starts at 0 and adds', () => {
    const sum = new PerCpuSum()
    expect(sum.value).toBe(0)
    sum.inc()
    sum.add(0.5)
    sum.add(-0.25)
    expect(sum.value).toBe(1.25)
  })

  test('perCpu has one cell per possible CPU and the overflow cell', () => {
    const sum = new PerCpuSum()
    for (let i = 0; i < 1000; i++) sum.add(0.5)
    const cells = sum.perCpu()
    expect(cells).toBeInstanceOf(Float64Array)
    expect(cells).toHaveLength(status().cpus.possible + 1)
    expect(cells.reduce((total, cell) => total + cell, 0)).toBe(500)
    expect(cells.at(-1)).toBe(hasRseq ? 0 : 500)
  })

  test('takes the smallest and the largest doubles', () => {
    const sum = new PerCpuSum()
    sum.add(Number.MIN_VALUE)
    expect(sum.value).toBe(Number.MIN_VALUE)
    sum.add(Number.MAX_VALUE)
    expect(sum.value).toBe(Number.MAX_VALUE)
  })

  test('drain() gives what was added since the last one, reset() forgets it', () => {
    // The other one's cells are the next ones.
    const [sum, other] = [new PerCpuSum(), new PerCpuSum()]
    sum.add(1.5)
    other.add(64)
    expect(sum.drain()).toBe(1.5)
    expect(sum.drain()).toBe(0)
    sum.add(-0.25)
    expect(sum.value).toBe(-0.25)
    sum.reset()
    expect(sum.value).toBe(0)
    expect(other.drain()).toBe(64)
  })

  test('counts by mm_cid as well', () => {
    const sum = new PerCpuSum({ index: 'mm_cid' })
    for (let i = 0; i < 1000; i++) sum.add(2)
    expect(sum.value).toBe(2000)
  })

  test.each([
    [Number.NaN, RangeError, 'received NaN'],
    [Number.POSITIVE_INFINITY, RangeError, 'received Infinity'],
    ['1', TypeError, 'received the string "1"'],
    [1n, TypeError, 'received the bigint 1n'],
    [undefined, TypeError, 'received undefined'],
    [{}, TypeError, 'received an object'],
  ])('add(%p) throws and changes nothing', (x, type, received) => {
    const sum = new PerCpuSum()
    sum.add(3)
    const add = (): void => sum.add(x as number)
    expect(add).toThrow(type)
    expect(add).toThrow('expected a finite number')
    expect(add).toThrow(received)
    expect(sum.value).toBe(3)
  })
})
