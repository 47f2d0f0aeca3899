import { readFileSync } from 'node:fs'
import { getSystemErrorMap } from 'node:util'
import type { BenchResult } from './result'

/** Why a file is no result of `rseq bench`: one line that names the file. Known by its name. */
export class ResultError extends Error {
  override readonly name = 'ResultError'
}

/** What a value has to be: a type, a choice of strings, an object's properties, or a list of such. */
type Shape =
  | 'string'
  | 'number'
  | 'boolean'
  | readonly string[]
  | { readonly list: Shape }
  | { readonly nullable: Shape }
  | {
      readonly properties: Readonly<Record<string, Shape>>
      readonly optional?: Readonly<Record<string, Shape>>
    }

const FIGURE: Shape = {
  properties: { median: 'number', low: 'number', high: 'number', samples: 'number' },
}
const ROW: Shape = {
  properties: {
    id: 'string',
    label: 'string',
    kind: ['floor', 'c', 'ours', 'other'],
    ns: { nullable: FIGURE },
  },
  optional: {
    workers: 'number',
    size: 'number',
    bytes: 'number',
    unavailable: 'string',
    published: { properties: { x86_64: 'number', arm32: 'number' } },
  },
}
const QUESTION: Shape = {
  properties: {
    name: ['getcpu', 'counters', 'histogram', 'processes', 'published', 'scrape'],
    title: 'string',
    per: 'string',
    rows: { list: ROW },
  },
}
const MACHINE: Shape = {
  properties: {
    arch: 'string',
    cpu: 'string',
    cpus: 'number',
    memoryBytes: 'number',
    kernel: 'string',
    libc: 'string',
    node: 'string',
    v8: 'string',
    registration: 'string',
    backend: 'string',
    fastCalls: 'boolean',
    emulated: 'boolean',
  },
}
const RESULT: Shape = {
  properties: {
    machine: MACHINE,
    version: 'string',
    commit: { nullable: 'string' },
    date: 'string',
    quick: 'boolean',
    noise: { properties: { spread: 'number', limit: 'number', quiet: 'boolean' } },
    questions: { list: QUESTION },
  },
}

/**
 * Reads what `rseq bench --json` wrote. Control characters in it are replaced: they could change a terminal.
 *
 * @throws {ResultError} where it cannot be read, or is something else
 */
export function readResult(file: string): BenchResult {
  const refuse = (reason: string): never => {
    throw new ResultError(`${file}: ${reason}`)
  }
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'), (_, part) =>
      typeof part === 'string' ? visible(part) : part,
    )
  } catch (error) {
    return refuse(error instanceof SyntaxError ? 'not JSON' : systemMessage(error))
  }
  const schema = isObject(value) ? value.schema : undefined
  if (schema === undefined) return refuse("not a result of 'rseq bench': no schema")
  if (schema !== 1) return refuse(`expected schema 1, received ${JSON.stringify(schema)}`)
  const wrong = check(value, RESULT, 'the result')
  if (wrong !== null) return refuse(wrong)
  return value as BenchResult
}

function visible(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim()
}

/** What went wrong with a file: `no such file or directory`, rather than Node's message with the path in it once more. */
export function systemMessage(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message
}

/** The first thing that is wrong, or null. */
function check(value: unknown, shape: Shape, path: string): string | null {
  if (typeof shape === 'string') {
    if (typeof value !== shape) return expected(path, `a ${shape}`, value)
    // Times, sizes and counts: what divides by them or takes their logarithm relies on it.
    return typeof value === 'number' && !(value >= 0) ? expected(path, 'no negative number', value) : null
  }
  if (isChoice(shape)) {
    return shape.includes(value as string) ? null : expected(path, shape.join(', '), value)
  }
  if ('nullable' in shape) return value === null ? null : check(value, shape.nullable, path)
  if ('list' in shape) {
    if (!Array.isArray(value)) return expected(path, 'a list', value)
    return firstOf(value.map((item, index) => () => check(item, shape.list, `${path}[${index}]`)))
  }
  if (!isObject(value)) return expected(path, 'an object', value)
  const inside = path === 'the result' ? '' : `${path}.`
  const { properties, optional = {} } = shape
  return firstOf([
    ...Object.entries(properties).map(
      ([name, part]) =>
        () =>
          check(value[name], part, inside + name),
    ),
    ...Object.entries(optional)
      .filter(([name]) => value[name] !== undefined)
      .map(
        ([name, part]) =>
          () =>
            check(value[name], part, inside + name),
      ),
  ])
}

function firstOf(checks: readonly (() => string | null)[]): string | null {
  for (const one of checks) {
    const wrong = one()
    if (wrong !== null) return wrong
  }
  return null
}

function expected(path: string, what: string, value: unknown): string {
  const received = value === undefined ? 'nothing' : (JSON.stringify(value) as string)
  return `${path}: expected ${what}, received ${received.length > 40 ? `${received.slice(0, 40)}…` : received}`
}

function isChoice(shape: Shape): shape is readonly string[] {
  return Array.isArray(shape)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
