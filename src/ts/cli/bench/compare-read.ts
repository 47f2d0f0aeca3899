import { readFileSync } from 'node:fs'
import { getSystemErrorMap } from 'node:util'
import * as v from 'valibot'
import type { NoiseResult } from '../noise/result'
import { NOISE } from '../noise/schema'
import { UsageError } from '../usage'
import type { BenchResult } from './result'
import { RESULT } from './schema'

/** Results by what wrote them: `kind` says so, but for those of rseq bench, which have none. */
const SCHEMAS = { bench: RESULT, noise: NOISE }

/**
 * Reads what `rseq bench --json` or `rseq noise --json` wrote. Control characters in it are replaced: they could change
 * a terminal.
 *
 * @throws {UsageError} where it cannot be read, or is something else: one line that names the file
 */
export function readResult(file: string): BenchResult | NoiseResult {
  const refuse = (reason: string): never => {
    throw new UsageError(`${file}: ${reason}`)
  }
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'), (_, part) =>
      typeof part === 'string' ? visible(part) : part,
    )
  } catch (error) {
    return refuse(error instanceof SyntaxError ? 'not JSON' : systemMessage(error))
  }
  const { schema, kind = 'bench' }: Record<string, unknown> = v.is(v.looseObject({}), value) ? value : {}
  if (schema === undefined) return refuse("not a result of 'rseq bench' or 'rseq noise': no schema")
  if (schema !== 1) return refuse(`expected schema 1, received ${JSON.stringify(schema)}`)
  if (kind !== 'bench' && kind !== 'noise') {
    return refuse(`kind: expected noise, received ${JSON.stringify(kind)}`)
  }
  const result = v.safeParse(SCHEMAS[kind], value, { abortEarly: true })
  return result.success ? result.output : refuse(told(SCHEMAS[kind], result.issues[0]))
}

function visible(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim()
}

/** What went wrong with a file: `no such file or directory`, rather than Node's message with the path in it once more. */
export function systemMessage(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message
}

/** By the validator's name of what it expects. */
const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'a boolean',
  Object: 'an object',
  Array: 'a list',
  '>=0': 'no negative number',
}

/** Where something is wrong, what was expected there and what is there instead. */
function told(schema: Schema, { path, expected, input }: v.BaseIssue<unknown>): string {
  const keys = (path ?? []).map(({ key }) => key as string | number)
  const place = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
  // Of a property that is not there, the validator expects its name alone.
  const words = (input === undefined ? expectedAt(schema, keys) : (expected ?? ''))
    .replace(/^\(|\)$/g, '')
    .split(' | ')
  const wanted = words.map((word) => EXPECTED[word] ?? word.replaceAll('"', '')).join(', ')
  const received = input === undefined ? 'nothing' : (JSON.stringify(input) as string)
  const shown = received.length > 40 ? `${received.slice(0, 40)}…` : received
  return `${place.slice(1)}: expected ${wanted}, received ${shown}`
}

/** What kinds of schemas have in common. */
interface Schema {
  readonly expects: string
  readonly entries?: Readonly<Record<string, Schema>>
  readonly item?: Schema
  readonly wrapped?: Schema
}

function expectedAt(whole: Schema, keys: readonly (string | number)[]): string {
  let schema = whole
  for (const key of keys) {
    const { entries, item } = schema.wrapped ?? schema
    schema = (entries?.[key] ?? item) as Schema
  }
  return schema.expects
}
