import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type BenchResult, RESULT } from '../../../src/ts/cli/bench/result'
import { readResult } from '../../../src/ts/cli/compare/read'
import { NOISE, type NoiseResult } from '../../../src/ts/cli/noise/schema'
import { scratchFolder } from '../../support/command'
import { X64 } from '../../support/samples'

const file = join(scratchFolder(), 'result.json')

const ORIGIN = { machine: X64, version: '0.1.0', commit: 'abc', date: '2026-01-02T03:04:05.000Z' }
const interruptions = { calls: 9, unseen: 1, kept: 1, discarded: { moved: 1, preempted: 1, other: 1 } }

/** All that a result can have, optional parts as well. */
const bench: BenchResult = {
  schema: 1,
  ...ORIGIN,
  quick: false,
  noise: { spread: 0.1, limit: 0.25, quiet: true },
  interruptions,
  questions: [
    {
      ...{ name: 'counters', title: 'Counting', per: 'increment' },
      rows: [
        {
          ...{ id: 'x', label: 'row x', kind: 'other', workers: 2, size: 10, bytes: 64, unavailable: 'no' },
          ns: { median: 2, low: 1, high: 3, samples: 9, histogram: { low: 1, high: 3, counts: [4] } },
          interruptions,
          published: { x86_64: 1, arm32: 2 },
        },
      ],
    },
  ],
}
const pattern = { gaps: 2, perSecond: 20, length: 3e6, share: 0.1, every: 5e7 }
const cause = { gaps: 2, perSecond: 20, share: 0.1, median: 3e6, p99: 3e6, longest: 3e6, patterns: [pattern] }
const latency = [{ work: 1e6, p50: 1e6, p99: 2e6, p999: 3e6, worst: 4e6 }]
const track = { longest: [1], taken: [1] }
const noise: NoiseResult = {
  ...{ kind: 'noise', schema: 1 },
  ...ORIGIN,
  ...{ seconds: 10, threshold: 1000, step: 1e8, latency },
  cpus: [
    {
      ...{ cpu: 0, seconds: 10, taken: 0.1, longest: 3e6, threads: cause, interrupts: cause, moved: 1 },
      ...{ own: { gaps: 1, time: 1 }, unfit: { gaps: 1, time: 1, longest: 1 }, lost: false, latency },
      timeline: { threads: track, interrupts: track },
    },
  ],
}

type Path = readonly (string | number)[]

/** Where its numbers, texts and lists are. */
function places(value: unknown, wanted: (part: unknown) => boolean, path: Path = []): Path[] {
  const own = wanted(value) ? [path] : []
  if (typeof value !== 'object' || value === null) return own
  const keys = Array.isArray(value) ? value.map((_, i) => i) : Object.keys(value)
  return [...own, ...keys.flatMap((key) => places((value as never)[key], wanted, [...path, key]))]
}

interface Schema {
  readonly type: string
  readonly entries?: Record<string, Schema>
  readonly item?: Schema
  readonly wrapped?: Schema
}

/** Where a schema has something of that type. */
function leaves(schema: Schema, type: string, path: Path = []): Path[] {
  const own = schema.type === type ? [path] : []
  const inner = Object.entries(schema.entries ?? {})
  return [
    ...own,
    ...inner.flatMap(([key, one]) => leaves(one, type, [...path, key])),
    ...(schema.item ? leaves(schema.item, type, [...path, 0]) : []),
    ...(schema.wrapped ? leaves(schema.wrapped, type, path) : []),
  ]
}

const named = (path: Path): string =>
  path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .slice(1)

function at(whole: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], whole)
}

/** The JSON of a result with something else at one place. @param text JSON */
function changed(whole: unknown, path: Path, text: string): string {
  // Of its own: nothing in it is in two places.
  const copy: unknown = JSON.parse(JSON.stringify(whole))
  const inner = at(copy, path.slice(0, -1)) as Record<string | number, unknown>
  inner[path.at(-1) as string | number] = 'REPLACED'
  return JSON.stringify(copy).replace('"REPLACED"', () => text)
}

/** Why a file with that text is refused; null where it is not. */
function refusal(text: string): string | null {
  writeFileSync(file, text)
  try {
    readResult(file)
    return null
  } catch (error) {
    expect((error as Error).name).toBe('UsageError')
    return (error as Error).message.slice(`${file}: `.length)
  }
}

describe.each([
  ['rseq bench', bench, RESULT],
  ['rseq noise', noise, NOISE],
])('a result of %s', (_, whole, schema) => {
  const numbers = places(whole, (part) => typeof part === 'number').filter((path) => named(path) !== 'schema')
  const texts = places(whole, (part) => typeof part === 'string')
  const lists = places(whole, Array.isArray)

  test('is accepted as it is, and has all that a schema can have', () => {
    expect(refusal(JSON.stringify(whole))).toBe(null)
    const all = (type: string) =>
      leaves(schema as never, type)
        .map(named)
        .sort()
    expect(numbers.map(named).sort()).toEqual(all('number'))
    expect(lists.map(named).sort()).toEqual(all('array'))
  })

  test.each(['1e308', '1e999', '-1e999', '-1', '9007199254740992', '"1"', '[]', 'true'])(
    'has no %s in place of any number',
    (text) => {
      for (const path of numbers) {
        const reason = refusal(changed(whole, path, text))
        expect(reason?.startsWith(`${named(path)}: expected a `), `${named(path)}: ${reason}`).toBe(true)
      }
    },
  )

  test('has no number in place of any text, and no very long one', () => {
    for (const path of texts) {
      for (const text of ['1', JSON.stringify('x'.repeat(5000))]) {
        expect(refusal(changed(whole, path, text))).toContain(
          ['kind', 'schema'].includes(named(path)) ? 'kind: expected noise' : `${named(path)}: expected `,
        )
      }
    }
  })

  test('has no list without end', () => {
    for (const path of lists) {
      const [first] = at(whole, path) as unknown[]
      const text = JSON.stringify(new Array(5000).fill(first))
      expect(refusal(changed(whole, path, text))).toMatch(`${named(path)}: expected at most `)
    }
  })

  test('has no control characters in its texts', () => {
    for (const path of texts) {
      const text = changed(whole, path, JSON.stringify('a\u001b[2J\u009b\u202e'))
      writeFileSync(file, text)
      if (refusal(text) !== null) continue
      const read = at(readResult(file), path)
      expect(read).toBe('a␛[2J\ufffd\ufffd')
    }
  })
})

test('what is refused is said in a few words', () => {
  expect(refusal(changed(noise, ['threshold'], '1e308'))).toBe(
    'threshold: expected a number, 0 to 1000000000, received 1e+308',
  )
  expect(refusal(changed(noise, ['cpus', 0, 'cpu'], '65536'))).toBe(
    'cpus[0].cpu: expected a whole number, 0 to 65535, received 65536',
  )
  expect(refusal(changed(noise, ['cpus', 0, 'cpu'], '0.5'))).toBe(
    'cpus[0].cpu: expected a whole number, 0 to 65535, received 0.5',
  )
  expect(refusal(changed(noise, ['version'], JSON.stringify('y'.repeat(300))))).toBe(
    `version: expected at most 256 characters, received "${'y'.repeat(39)}…`,
  )
  expect(refusal(changed(noise, ['latency'], JSON.stringify(new Array(17).fill(latency[0]))))).toBe(
    'latency: expected at most 16 items, received a list of 17',
  )
})
