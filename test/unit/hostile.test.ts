import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PATIENCE } from '../support/patience'
import { fixtures, hasAddon, world } from '../support/world'

/** Calls of one random run. */
const CALLS = Number(process.env.RSEQ_TEST_CALLS ?? (world === 'default' ? 100_000 : 10_000))

const REFUSED = expect.stringMatching(/^(Type|Range)Error$/)
const NOTHING = [0, 0, 0]
const RIGHT = ['done', [1, 2, 3]]

/** Every case of test/fixtures/hostile, and what has to come of it: an error that is documented, or the right count. */
const EXPECTED: Record<string, unknown> = {
  'a length that says less than there is': ['RangeError', NOTHING],
  'a length that says more than there is': ['RangeError', NOTHING],
  'a subclass that says more than there is': ['RangeError', NOTHING],
  'a subclass that says less than there is': ['RangeError', NOTHING],
  'bytes that say they are words': ['TypeError', NOTHING],
  'words that say they are bytes': RIGHT,
  'doubles that say they are words': RIGHT,
  'words without a prototype': RIGHT,
  'a plain object that says it is words': ['TypeError', NOTHING],
  'another species on shared memory': ['done', [1, 1, 1]],
  'detached memory': ['RangeError', NOTHING],
  'memory that was made shorter': ['RangeError', NOTHING],
  'memory that a getter makes shorter': ['done', [1, 1, 1]],
  'an amount that converts itself': ['TypeError', NOTHING],
  'an array that gets shorter under the reader': ['TypeError', NOTHING],
  'an array that gets longer under the reader': RIGHT,
  'a number that is another one when it is read again': RIGHT,
  'an iterator of its own': RIGHT,
  'methods of its own': RIGHT,
  'a hole': ['TypeError', NOTHING],
  'an array without end': ['RangeError', NOTHING],
  'a proxy of an array': RIGHT,
  'a proxy of words': ['TypeError', NOTHING],
  'a proxy whose length grows': RIGHT,
  'a batch that is closed by an amount': ['ERR_RSEQ_CLOSED', NOTHING],
  'a batch whose cells are given to others by an amount': ['ERR_RSEQ_CLOSED', NOTHING],
  'counters with a hole': 'TypeError',
  'counters without end': [REFUSED, REFUSED],
  'counters whose methods give numbers': RIGHT,
  'counters that are closed while they are read': 'ERR_RSEQ_CLOSED',
  'samples that lie': [['done', 'done', 'TypeError', 'done'], 4],
  'memory that another thread makes longer': [2 ** 20, true, true],
  'no numbers, at times, in memory of another realm': {
    other: [],
    enough: true,
    counters: true,
    histogram: [true, true],
  },
  'amounts of other types': [['TypeError'], NOTHING],

  'options that answer to every symbol': [
    ['done', 1],
    ['done', 1],
    ['done', 1],
  ],
  'methods without an object': ['TypeError'],
  'methods on proxies of their objects': ['TypeError'],
  'methods on objects of other classes': ['TypeError'],
  'objects made for another class': ['TypeError'],
  'the base class, with an entry of somebody’s own': [['TypeError'], 0, 0],
  'a base class in between': 0,
  // What a constructor saw, the names of what it made beside, what was added to each, and what is left of the name.
  'constructors of subclasses': [
    [null],
    [null, 'TypeError', 'hostile Early', 'hostile Thrower', null],
    [1, 1, 1, 'RangeError', 1],
    1,
  ],
  'objects that are frozen on the way': new Array(3).fill(['TypeError', 0]),
  'getters of a subclass': 6,
  'regions that are none': ['TypeError'],
  'readings that are none': [[], 1],

  'handles with every field forged': [
    ['ERR_RSEQ_HANDLE', 'ERR_RSEQ_KIND', 'TypeError'],
    ['ERR_RSEQ_KIND', 'TypeError'],
    ['ERR_RSEQ_KIND', 'TypeError'],
  ],
  'handles of other kinds': new Array(3).fill([['ERR_RSEQ_KIND'], ['ERR_RSEQ_KIND']]),
  'the kind says what the entry is not': ['ERR_RSEQ_KIND'],
  'handles that change while they are read': [new Array(5).fill('counted'), 5],
  'proxies of handles': [['counted', 'TypeError', 'TypeError', 'mine'], 1],
  'a handle of an object that was closed': ['ERR_RSEQ_HANDLE', 'ERR_RSEQ_HANDLE', true, 0],
  'handles with damaged memory': [],

  // The members that still answer, what inspecting does, and what the next owner of the cell has.
  'everything after close': [
    [['close', 'closed', 'index', 'name', 'region', 'toJSON'], 'done', 0],
    [['close', 'closed', 'index', 'name', 'region', 'toJSON'], 'done', 0],
    [['close', 'closed', 'name', 'region', 'timer', 'toJSON'], 'done', 0],
    [['close', 'size']],
  ],
  'closing twice': [...new Array(3).fill(['done', true, 'done']), ['done', 'done', NOTHING]],
  'closing by the method of another class': new Array(3).fill([new Array(3).fill('TypeError'), false]),
  'a subclass that hides its close': ['ERR_RSEQ_CLOSED', true],
  'a batch outlives its counters': [NOTHING, 1],
  'labels that close the object’s region': [1, true, 0],

  'the addon, with numbers that are nobody’s': [],
  'the addon, with what is no number': [],
  'the addon, with entries that are nobody’s': [['-16', '-4', 'NaN', 'undefined'], ['true'], ['undefined']],
  'the addon, with paths that are no region’s': ['true'],
  'the addon, with samples that are none': undefined,
  'the addon, with shapes that are none': ['true'],
  'the addon, with memory for drains that is none': [
    ['-19', '-8', '0', 'false'],
    [3, 3],
  ],
  'a region that an option closes': ['ERR_RSEQ_CLOSED', 0],
}

interface Case {
  name: string
  here: boolean
}

interface Fuzz {
  calls: number
  errors: Record<string, number>
  undocumented: Record<string, string>
  touched: number[]
}

const program = join(fixtures, 'hostile.mjs')
const cases = JSON.parse(execFileSync(process.execPath, [program], { encoding: 'utf8' })) as Case[]
const here = cases.filter((one) => one.here).map(({ name }) => name)

/** What a program prints; a crash is a failure that names its arguments. */
function run<T>(script: string, args: string[]): T {
  // For files that it makes by the way.
  const folder = mkdtempSync(join(tmpdir(), 'rseq-hostile-'))
  const options = { cwd: folder, encoding: 'utf8', timeout: PATIENCE } as const
  // What damage of memory is answered with, once; everything else on stderr is a fault.
  const quiet = ['--disable-warning=ERR_RSEQ_REGION_DAMAGED']
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [...quiet, script, ...args], options)
  rmSync(folder, { recursive: true })
  expect({ args, status, signal, stderr: stderr.slice(0, 2000) }).toEqual({
    args,
    status: 0,
    signal: null,
    stderr: '',
  })
  return JSON.parse(stdout) as T
}

describe(`hostile callers, world ${world}`, () => {
  test('every case says what is expected of it', () => {
    expect(cases.map(({ name }) => name)).toEqual(Object.keys(EXPECTED))
    const left = cases.length - here.length
    if (left > 0) console.log(`${world}: ${left} cases of the addon are left out: there is none`)
    expect(left > 0).toBe(!hasAddon)
  })

  test.each(here)('%s', (name) => {
    expect(run(program, [name])).toEqual({ result: EXPECTED[name], touched: [] })
  })

  test(`${CALLS} calls of anything with anything`, () => {
    const seed = Math.trunc(Math.random() * 2 ** 31)
    const { errors, undocumented, touched } = run<Fuzz>(join(fixtures, 'fuzz.mjs'), [
      String(CALLS),
      String(seed),
    ])
    console.log(`${world}: seed ${seed}: ${JSON.stringify(errors)}`)
    expect({ seed, undocumented, touched }).toEqual({ seed, undocumented: {}, touched: [] })
    // Otherwise nothing much was called.
    for (const name of ['none', 'TypeError', 'RangeError', 'ERR_RSEQ_CLOSED'])
      expect(errors[name]).toBeGreaterThan(0)
  })
})
