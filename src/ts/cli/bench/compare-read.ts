import { readFileSync } from 'node:fs'
import { getSystemErrorMap } from 'node:util'
import * as v from 'valibot'
import { UsageError } from '../usage'
import { type BenchResult, QUESTION_NAMES } from './result'

/** Times, sizes and counts: what divides by them or takes their logarithm relies on the sign. */
const amount = v.pipe(v.number(), v.minValue(0))

const FIGURE = v.object({
  median: amount,
  low: amount,
  high: amount,
  samples: amount,
  histogram: v.exactOptional(v.object({ low: amount, high: amount, counts: v.array(amount) })),
})
const INTERRUPTIONS = v.object({
  calls: amount,
  unseen: amount,
  kept: amount,
  discarded: v.object({ moved: amount, preempted: amount, other: amount }),
})
const ROW = v.object({
  id: v.string(),
  label: v.string(),
  kind: v.picklist(['floor', 'c', 'ours', 'other']),
  ns: v.nullable(FIGURE),
  workers: v.exactOptional(amount),
  size: v.exactOptional(amount),
  bytes: v.exactOptional(amount),
  interruptions: v.exactOptional(INTERRUPTIONS),
  unavailable: v.exactOptional(v.string()),
  published: v.exactOptional(v.object({ x86_64: amount, arm32: amount })),
})
const MACHINE = v.object({
  arch: v.string(),
  cpu: v.string(),
  cpus: amount,
  memoryBytes: amount,
  kernel: v.string(),
  libc: v.string(),
  node: v.string(),
  v8: v.string(),
  registration: v.string(),
  backend: v.string(),
  fastCalls: v.boolean(),
  emulated: v.boolean(),
})
const RESULT = v.object({
  schema: v.literal(1),
  machine: MACHINE,
  version: v.string(),
  commit: v.nullable(v.string()),
  date: v.string(),
  quick: v.boolean(),
  noise: v.object({ spread: amount, limit: amount, quiet: v.boolean() }),
  interruptions: v.exactOptional(INTERRUPTIONS),
  questions: v.array(
    v.object({ name: v.picklist(QUESTION_NAMES), title: v.string(), per: v.string(), rows: v.array(ROW) }),
  ),
})

/**
 * Reads what `rseq bench --json` wrote. Control characters in it are replaced: they could change a terminal.
 *
 * @throws {UsageError} where it cannot be read, or is something else: one line that names the file
 */
export function readResult(file: string): BenchResult {
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
  const schema = v.is(v.looseObject({}), value) ? value.schema : undefined
  if (schema === undefined) return refuse("not a result of 'rseq bench': no schema")
  if (schema !== 1) return refuse(`expected schema 1, received ${JSON.stringify(schema)}`)
  const result = v.safeParse(RESULT, value, { abortEarly: true })
  return result.success ? result.output : refuse(told(result.issues[0]))
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
function told({ path, expected, input }: v.InferIssue<typeof RESULT>): string {
  const keys = (path ?? []).map(({ key }) => key as string | number)
  const place = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
  // Of a property that is not there, the validator expects its name alone.
  const words = (input === undefined ? expectedAt(keys) : (expected ?? ''))
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

function expectedAt(keys: readonly (string | number)[]): string {
  let schema: Schema = RESULT
  for (const key of keys) {
    const { entries, item } = schema.wrapped ?? schema
    schema = (entries?.[key] ?? item) as Schema
  }
  return schema.expects
}
