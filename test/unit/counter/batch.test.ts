import { createRequire } from 'node:module'
import { runInNewContext } from 'node:vm'
import { PerCpuBatch, PerCpuCounter, PerCpuHistogram, PerCpuSum } from 'rseq'
import { describe, expect, test } from 'vitest'
import { world } from '../../support/world'

const MAX = Number.MAX_SAFE_INTEGER

function three(): { counters: PerCpuCounter[]; batch: PerCpuBatch; values: () => bigint[] } {
  const counters = [new PerCpuCounter(), new PerCpuCounter({ index: 'mm_cid' }), new PerCpuCounter()]
  return { counters, batch: new PerCpuBatch(counters), values: () => counters.map((one) => one.valueBigInt) }
}

describe(`PerCpuBatch, world ${world}`, () => {
  test('adds each amount to its counter, from any kind of array', () => {
    const { batch, values } = three()
    expect(batch.size).toBe(3)
    batch.add([1, 2, 3])
    batch.add(new Int32Array([10, -20, 2 ** 31 - 1]))
    batch.add(new Float64Array([100, 2 ** 52 + 1, -MAX]))
    batch.add([-0, MAX, -(2 ** 31)])
    expect(values()).toEqual([111n, 2n - 20n + 2n ** 52n + 1n + BigInt(MAX), 2n - BigInt(MAX)])
  })

  test('takes shared memory, part of an array, no counter, and one counter twice', () => {
    const { batch, values, counters } = three()
    batch.add(new Int32Array(new SharedArrayBuffer(12)).fill(4))
    batch.add(new Float64Array([9, 1, 2, 3, 9]).subarray(1, 4))
    expect(values()).toEqual([5n, 6n, 7n])
    new PerCpuBatch([]).add([])
    const [first] = counters as [PerCpuCounter]
    new PerCpuBatch([first, first]).add([1, 1])
    expect(first.value).toBe(7)
  })

  test('is exact over many counters and many calls', () => {
    const counters = Array.from({ length: 100 }, () => new PerCpuCounter())
    const batch = new PerCpuBatch(counters)
    const amounts = Int32Array.from(counters, (_, i) => i)
    for (let i = 0; i < 10_000; i++) batch.add(amounts)
    expect(counters.map((counter) => counter.value)).toEqual(counters.map((_, i) => i * 10_000))
  })

  test.each([
    [[1, 2], RangeError, 'length: expected 3, received 2'],
    [[1, 2, 3, 4], RangeError, 'length: expected 3, received 4'],
    [[1, 2, 0.5], RangeError, 'amounts[2]: expected a safe integer, received 0.5'],
    [[1, Number.NaN, 3], RangeError, 'amounts[1]: expected a safe integer, received NaN'],
    [[2 ** 53, 2, 3], RangeError, 'amounts[0]: expected a safe integer, received 9007199254740992'],
    [[1, 2, Number.NEGATIVE_INFINITY], RangeError, 'received -Infinity'],
    [[1, 2, 2 ** 51 + 0.5], RangeError, 'received 2251799813685248.5'],
    [new Float64Array([1, 2, 1e300]), RangeError, 'received 1e+300'],
    [[1, '2', 3], TypeError, 'amounts[1]: expected a safe integer, received the string "2"'],
    [[1, 2n, 3], TypeError, 'received the bigint 2n'],
    [new Float32Array(3), TypeError, 'received a Float32Array'],
    ['123', TypeError, 'received the string "123"'],
    [undefined, TypeError, 'received undefined'],
  ])('add(%p) throws and adds nothing', (amounts, type, message) => {
    const { batch, values } = three()
    const add = (): void => batch.add(amounts as number[])
    expect(add).toThrow(type)
    expect(add).toThrow(message)
    expect(values()).toEqual([0n, 0n, 0n])
  })

  test.each([[undefined], ['abc'], [[1]], [[new PerCpuSum()]], [[null]]])(
    'a batch of %p is refused',
    (counters) => {
      expect(() => new PerCpuBatch(counters as unknown as PerCpuCounter[])).toThrow(TypeError)
    },
  )

  test('what is refused is named', () => {
    const refused = (one: unknown): (() => unknown) => {
      return () => new PerCpuBatch([one as PerCpuCounter])
    }
    const message = 'PerCpuBatch counters[0]: expected a PerCpuCounter, received a'
    expect(refused(new PerCpuSum())).toThrow(`${message} PerCpuSum`)
    expect(refused(new PerCpuHistogram())).toThrow(`${message} PerCpuHistogram`)
    const require = createRequire(import.meta.url)
    const known = { ...require.cache }
    for (const path of Object.keys(require.cache)) delete require.cache[path]
    const other = require('rseq') as typeof import('rseq')
    Object.assign(require.cache, known)
    expect(other.PerCpuCounter).not.toBe(PerCpuCounter)
    expect(refused(new other.PerCpuCounter())).toThrow(
      `${message} PerCpuCounter that is not of this copy of rseq`,
    )
  })

  test('arrays of another realm are taken', () => {
    const counters = [new PerCpuCounter(), new PerCpuCounter()]
    const batch = new PerCpuBatch(runInNewContext('(...all) => all')(...counters))
    batch.add(runInNewContext('[1, 2]'))
    batch.add(runInNewContext('Int32Array.of(1, 2)'))
    batch.add(runInNewContext('Float64Array.of(1, 2)'))
    expect(counters.map(({ value }) => value)).toEqual([3, 6])
  })
})
