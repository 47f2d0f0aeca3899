import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { allKept, thrownAway, together } from '../../../src/ts/cli/bench/interruptions'
import type { BenchResult } from '../../../src/ts/cli/bench/result'
import { benchReport } from '../../../src/ts/cli/compare/bench-report'
import { readResult } from '../../../src/ts/cli/compare/read'
import { scratchFolder } from '../../support/command'
import { sample } from '../../support/samples'

const scratch = scratchFolder()

const seen = { calls: 1200, unseen: 0, kept: 0, discarded: { moved: 1, preempted: 20, other: 3 } }
const blind = { calls: 50, unseen: 50, kept: 0, discarded: { moved: 0, preempted: 0, other: 0 } }
const SEEN = '24 of 1,200 samples thrown away (moved 1, preempted 20, other 3)'
const BLIND = 'could not be seen, no sample thrown away'

/** What is read of a result that has these. */
function read(interruptions: unknown) {
  const file = join(scratch, 'result.json')
  writeFileSync(file, JSON.stringify({ ...sample('x86_64'), interruptions }))
  return readResult(file) as BenchResult
}

/** What runs that are compared are called. */
const NAMES = ['a.json', 'b.json'] as const

describe('interruptions', () => {
  test('of several rows are added; of rows that were not watched there are none', () => {
    expect(together([])).toBeNull()
    expect(together([null, null])).toBeNull()
    expect(together([seen, null, seen, blind])).toEqual({
      calls: 2450,
      unseen: 50,
      kept: 0,
      discarded: { moved: 2, preempted: 40, other: 6 },
    })
  })

  test('are told in a line', () => {
    expect(thrownAway(undefined)).toBe('not looked for')
    expect(thrownAway(seen)).toBe(SEEN)
    expect(thrownAway(blind)).toBe(BLIND)
    expect(thrownAway(together([seen, blind]) ?? undefined)).toBe(
      `${SEEN}; in 50 more they could not be seen`,
    )
  })

  test('that had to be kept are not said to be thrown away', () => {
    expect(thrownAway(allKept(seen))).toBe(
      '0 of 1,200 samples thrown away (moved 0, preempted 0, other 0); 24 interrupted ones kept, of rows with hardly any others',
    )
  })

  test('are read and told of each of two runs, older ones too', () => {
    const [older, with24, without] = [read(undefined), read(seen), read(blind)]
    const told = (lines: string[]): string => lines.join(' ').replaceAll(/ +/g, ' ')
    expect(told(benchReport(older, with24, NAMES))).toMatch(
      / Interruptions: not looked for B .* Interruptions: 24 of 1,200 samples thrown away \(moved 1, /,
    )
    expect(told(benchReport(without, older, NAMES))).toMatch(
      new RegExp(` Interruptions: ${BLIND} B .* Interruptions: not looked for `),
    )
  })

  test('that are none are refused', () => {
    expect(() => read({ ...seen, discarded: { ...seen.discarded, preempted: '1' } })).toThrow(
      'interruptions.discarded.preempted: expected a number, received "1"',
    )
    expect(() => read({ ...seen, calls: -1 })).toThrow(
      'interruptions.calls: expected a whole number, 0 to 9007199254740991, received -1',
    )
  })
})
