import * as v from 'valibot'
import { type BenchResult, RESULT } from '../bench/result'
import { readText, systemMessage } from '../kit/files'
import { UsageError } from '../kit/usage'
import { NOISE, type NoiseResult } from '../noise/schema'

/** Results by what wrote them: `kind` says so, but for those of rseq bench, which have none. */
const SCHEMAS = { bench: RESULT, noise: NOISE }
/** Bytes of a file: of the largest machine, rseq noise writes fewer. */
const MOST = 2 ** 25
/** Lists and objects within each other; results have fewer than ten. */
const MOST_DEPTH = 32
/** Lists, objects, keys and texts. */
const MOST_PARTS = 2 ** 20
/** What is followed by another one. Timelines of 4096 CPUs have 1.6 million numbers. */
const MOST_VALUES = 3 * 2 ** 20

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])

/**
 * Reads what `rseq bench --json` or `rseq noise --json` wrote. Texts in it are cleaned: they could change a terminal.
 *
 * @throws {UsageError} where it cannot be read, or is something else: one line that names the file
 */
export function readResult(file: string): BenchResult | NoiseResult {
  const refuse = (reason: string): never => {
    throw new UsageError(`${file}: ${reason}`)
  }
  let text: string
  try {
    text = readText(file, MOST)
  } catch (error) {
    return refuse(systemMessage(error))
  }
  if (!isPlausible(text)) return refuse('more parts than a result has, or deeper ones')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('not JSON')
  }
  const { schema, kind = 'bench' }: Record<string, unknown> = v.is(v.looseObject({}), value) ? value : {}
  if (schema === undefined) return refuse("not a result of 'rseq bench' or 'rseq noise': no schema")
  if (schema !== 1) return refuse(`expected schema 1, received ${received(schema)}`)
  if (kind !== 'bench' && kind !== 'noise') return refuse(`kind: expected noise, received ${received(kind)}`)
  const result = v.safeParse(SCHEMAS[kind], value, { abortEarly: true })
  return result.success ? result.output : refuse(told(SCHEMAS[kind], result.issues[0]))
}

/** Whether text could be the JSON of a result. What could not may take a hundred bytes of memory for one of its own. */
function isPlausible(text: string): boolean {
  let [depth, parts, values, isText] = [0, 0, 0, false]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) isText = !isText
    else if (isText && code === BACKSLASH) i++
    if (isText ? code === QUOTE : OPENING.has(code)) parts++
    if (isText) continue
    if (code === COMMA) values++
    else if (OPENING.has(code)) depth++
    else if (CLOSING.has(code)) depth--
    if (depth > MOST_DEPTH || parts > MOST_PARTS || values > MOST_VALUES) return false
  }
  return true
}

/** By the validator's name of what it expects. */
const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'a boolean',
  Object: 'an object',
  Array: 'a list',
}

/** Where something is wrong, what was expected there and what is there instead. */
function told(schema: Schema, { kind, path, expected, input, message }: v.BaseIssue<unknown>): string {
  const keys = (path ?? []).map(({ key }) => key as string | number)
  const place = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
  // A check of limits.ts says in words what it expects.
  const wanted =
    kind === 'validation' ? message : named(input === undefined ? expectedAt(schema, keys) : expected)
  return `${place.slice(1)}: expected ${wanted}, received ${received(input)}`
}

function named(expected: string | null): string {
  const words = (expected ?? '').replace(/^\(|\)$/g, '').split(' | ')
  return words.map((word) => EXPECTED[word] ?? word.replaceAll('"', '')).join(', ')
}

/** The beginning of it: there may be any amount of it, as deep as anybody likes. */
function received(input: unknown): string {
  if (input === undefined) return 'nothing'
  if (typeof input === 'number') return String(input)
  if (typeof input === 'object' && input !== null) {
    const isList = Array.isArray(input)
    if (Object.keys(input).length === 0) return isList ? '[]' : '{}'
    return isList ? `a list of ${input.length}` : 'an object'
  }
  const text = JSON.stringify(typeof input === 'string' ? input.slice(0, 41) : input)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
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
