import { PerCpuCounter, RseqError, status } from 'rseq'
import { describe, expect, test } from 'vitest'
import { hasRseq, world } from '../../support/world'

const MAX = Number.MAX_SAFE_INTEGER

describe(`PerCpuCounter, world ${world}`, () => {
  test('starts at 0, and counts inc and add, negative too', () => {
    const counter = new PerCpuCounter()
    expect(counter.value).toBe(0)
    counter.inc()
    counter.add(5)
    counter.add(-2)
    counter.add(0)
    counter.add(-0)
    expect(counter.value).toBe(4)
    expect(counter.valueBigInt).toBe(4n)
  })

  test('drain() gives what was added since the last one, reset() forgets it', () => {
    // The other one's cells are the next ones.
    const [counter, other] = [new PerCpuCounter(), new PerCpuCounter()]
    counter.add(3)
    other.add(64)
    expect(counter.drain()).toBe(3n)
    expect(counter.drain()).toBe(0n)
    counter.add(-2)
    expect(counter.value).toBe(-2)
    counter.reset()
    expect(counter.value).toBe(0)
    expect(other.drain()).toBe(64n)
  })

  test('perCpu has one cell per possible CPU and the overflow cell, and sums to the value', () => {
    const counter = new PerCpuCounter()
    for (let i = 0; i < 1000; i++) counter.inc()
    const cells = counter.perCpu()
    expect(cells).toBeInstanceOf(BigInt64Array)
    expect(cells).toHaveLength(status().cpus.possible + 1)
    expect(cells.reduce((sum, cell) => sum + cell, 0n)).toBe(1000n)
    expect(cells.at(-1)).toBe(hasRseq ? 0n : 1000n)
    cells.fill(7n)
    expect(counter.value).toBe(1000)
  })

  test('stays exact through deoptimisation and reoptimisation of its caller', () => {
    const counter = new PerCpuCounter()
    const hot = (n: unknown): void => counter.add(n as number)
    for (let i = 0; i < 200_000; i++) hot(1)
    for (let i = 0; i < 1000; i++) hot(2 ** 40) // no longer a small integer
    expect(() => hot('1')).toThrow(TypeError)
    for (let i = 0; i < 200_000; i++) hot(1)
    expect(counter.value).toBe(400_000 + 1000 * 2 ** 40)
  })

  test('is exact past 2^53: valueBigInt tells, value refuses to round', () => {
    const counter = new PerCpuCounter()
    counter.add(MAX)
    expect(counter.value).toBe(MAX)
    counter.inc()
    expect(() => counter.value).toThrow(RangeError)
    expect(() => counter.value).toThrow(/expected a safe integer.*received the bigint 9007199254740992n/)
    expect(counter.valueBigInt).toBe(2n ** 53n)
    counter.add(MAX)
    expect(counter.valueBigInt).toBe(2n ** 54n - 1n)
    counter.add(-MAX)
    counter.add(-MAX)
    counter.add(-MAX)
    expect(counter.valueBigInt).toBe(-(2n ** 53n) + 2n)
    expect(counter.value).toBe(-MAX + 1)
    counter.add(-2)
    expect(() => counter.value).toThrow(RangeError)
    expect(counter.valueBigInt).toBe(-(2n ** 53n))
  })

  test('wraps at 2^63, as documented', () => {
    const counter = new PerCpuCounter()
    for (let i = 0; i < 1024; i++) counter.add(MAX)
    expect(counter.valueBigInt).toBe(BigInt.asIntN(64, 1024n * BigInt(MAX)))
    counter.add(1024)
    expect(counter.valueBigInt).toBe(-(2n ** 63n))
  })

  test.each([
    [Number.NaN, RangeError, 'received NaN'],
    [1.5, RangeError, 'received 1.5'],
    [2 ** 53, RangeError, 'received 9007199254740992'],
    [-(2 ** 53), RangeError, 'received -9007199254740992'],
    [Number.POSITIVE_INFINITY, RangeError, 'received Infinity'],
    ['1', TypeError, 'received the string "1"'],
    [1n, TypeError, 'received the bigint 1n'],
    [undefined, TypeError, 'received undefined'],
    [null, TypeError, 'received null'],
    [{ valueOf: () => 1 }, TypeError, 'received an object'],
    [[1], TypeError, 'received an array'],
    [true, TypeError, 'received true'],
    [Symbol('1'), TypeError, 'received a symbol'],
  ])('add(%p) throws and changes nothing', (n, type, received) => {
    const counter = new PerCpuCounter()
    counter.add(3)
    const add = (): void => counter.add(n as number)
    expect(add).toThrow(type)
    expect(add).toThrow('expected a safe integer, -9007199254740991 to 9007199254740991')
    expect(add).toThrow(received)
    expect(counter.value).toBe(3)
  })

  test('an error is a TypeError or RangeError, or an RseqError with a stable code', () => {
    PerCpuCounter.named('counter.test kinds')
    const clash = (): unknown => PerCpuCounter.named('counter.test kinds', { index: 'mm_cid' })
    expect(clash).toThrow(RseqError)
    expect(clash).toThrow(expect.objectContaining({ name: 'RseqError', code: 'ERR_RSEQ_KIND' }))
  })

  test('counts by mm_cid as well', () => {
    const counter = new PerCpuCounter({ index: 'mm_cid' })
    for (let i = 0; i < 1000; i++) counter.inc()
    expect(counter.index).toBe('mm_cid')
    expect(counter.value).toBe(1000)
    expect(counter.perCpu().at(-1)).toBe(status().features.mmCid ? 0n : 1000n)
  })
})
