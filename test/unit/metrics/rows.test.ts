import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backend } from '../../../lib/backend/backend.js'
import { STATE, WAY, WAY_SHIFT, WRITE } from '../../../lib/contract/backend.js'
import { world } from '../../support/world'

interface Line {
  readonly head: string
  readonly way: number
  readonly at: number
}

/** What the backend writes of that, and this its caller; in memory that grows as it asks for it. */
function written(lines: readonly Line[], numbers: Float64Array): string {
  const asked = texts(lines, numbers)
  const heads = Buffer.from(lines.map(({ head }) => head).join(''))
  let end = 0
  const ends = Uint32Array.from(lines, ({ head }) => {
    end += Buffer.byteLength(head)
    return end
  })
  const which = Uint32Array.from(lines, ({ way, at }) => way * 2 ** WAY_SHIFT + at)
  const state = new Float64Array(STATE.length)
  let out = Buffer.alloc(1)
  for (;;) {
    const status = backend.writeRows(out, numbers, heads, ends, which, state)
    const at = state[STATE.at] as number
    if (status === WRITE.done) return out.toString('utf8', 0, at)
    if (status === WRITE.room) out = Buffer.concat([out], out.length * 2)
    else if (status === WRITE.asked) {
      const row = state[STATE.row] as number
      const text = asked[row] as string
      out = Buffer.concat([out], Math.max(out.length, at + text.length))
      out.write(text, at)
      state[STATE.at] = at + text.length
      state[STATE.row] = row + 1
    } else throw new Error(`status ${status}`)
  }
}

/** What stands behind each head: where it is no number that JavaScript and everybody else write alike, `?`. */
function texts(lines: readonly Line[], numbers: Float64Array): string[] {
  let total = 0
  return lines.map(({ way, at }) => {
    const x = numbers[at] ?? Number.NaN
    // Beyond the numbers nothing is added either.
    if (way === WAY.add) total += numbers[at] ?? 0
    if (way === WAY.add && at >= numbers.length) return '?'
    const shown = way === WAY.value ? x : total
    if (way === WAY.total) total = 0
    return way === WAY.ask || !Number.isFinite(shown) ? '?' : `${shown}`
  })
}

describe(`writeRows, world ${world}`, () => {
  test('heads and numbers, totals, and what the caller writes', () => {
    const lines = [
      { head: 'a ', way: WAY.value, at: 0 },
      { head: '\nü ', way: WAY.value, at: 1 },
      { head: '\nle 1 ', way: WAY.add, at: 2 },
      { head: '\nle 2 ', way: WAY.add, at: 3 },
      { head: '\nsum ', way: WAY.ask, at: 0 },
      { head: '\ncount ', way: WAY.total, at: 0 },
      { head: '\nnext ', way: WAY.add, at: 3 },
      { head: '\nbeyond ', way: WAY.ask, at: 0 },
    ]
    const numbers = Float64Array.of(-(2 ** 53) + 1, -0, 3, 4)
    expect(written(lines, numbers)).toBe(
      'a -9007199254740991\nü 0\nle 1 3\nle 2 7\nsum ?\ncount 7\nnext 4\nbeyond ?',
    )
    expect(written([], numbers)).toBe('')
  })

  test('any numbers', () => {
    const way = fc.constantFrom(...Object.values(WAY))
    const line = fc.record({ head: fc.string({ unit: 'grapheme' }), way, at: fc.nat({ max: 5 }) })
    const x = fc.oneof(fc.double(), fc.maxSafeInteger(), fc.integer(), fc.constantFrom(2 ** 53, -(2 ** 53)))
    const numbers = fc.array(x, { maxLength: 5 })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), numbers, (lines, all) => {
        const given = Float64Array.from(all)
        const said = texts(lines, given)
        expect(written(lines, given)).toBe(lines.map(({ head }, i) => head + said[i]).join(''))
      }),
      { numRuns: 2000 },
    )
  })

  test('what does not fit together is refused, or written as far as it fits', () => {
    const out = new Uint8Array(100)
    const numbers = Float64Array.of(1)
    const heads = Buffer.from('ab')
    const one = Uint32Array.of(1)
    const state = (row: number, at: number): Float64Array => Float64Array.of(row, at, 0)
    const call = (...args: unknown[]): unknown => Reflect.apply(backend.writeRows, undefined, args)
    const good = [out, numbers, heads, one, Uint32Array.of(0), state(0, 0)]
    expect(call(...good)).toBe(WRITE.done)
    for (let i = 0; i < good.length; i++) {
      for (const wrong of [
        undefined,
        null,
        1,
        'x',
        {},
        [],
        new Int8Array(3),
        new DataView(new ArrayBuffer(8)),
      ]) {
        const args = good.toSpliced(i, 1, wrong as never)
        // Nothing to write in, or nothing to write: no more than that.
        expect([-1, WRITE.done, WRITE.asked, WRITE.room]).toContain(call(...args))
      }
    }
    for (const bad of [state(2, 0), state(-1, 0), state(0, 101), state(0, -1), state(Number.NaN, 0)]) {
      expect(call(out, numbers, heads, one, Uint32Array.of(0), bad)).toBe(-1)
    }
    expect(call(out, numbers, heads, one, new Uint32Array(2), state(0, 0))).toBe(-1)
    // Ends that lie outside, or go back.
    for (const ends of [Uint32Array.of(2 ** 32 - 1), Uint32Array.of(2, 1), Uint32Array.of(3, 1, 9)]) {
      const which = new Uint32Array(ends.length)
      const told = state(0, 0)
      expect(call(out, numbers, heads, ends, which, told)).toBe(WRITE.done)
      expect(told[STATE.at]).toBeLessThanOrEqual(out.length)
    }
  })
})
