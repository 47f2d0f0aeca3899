import { type ParseArgsConfig, parseArgs } from 'node:util'
import { COMMANDS, COMMON, type Command, type Option } from './commands'
import { isSame, unfit } from './kit/destination'
import { plural } from './kit/format'
import { UsageError, type Values } from './kit/usage'

/** A command line that makes sense. */
export interface Arguments {
  readonly what: 'run' | 'help' | 'version'
  /** Null where help is not about one of them. */
  readonly command: string | null
  readonly positionals: string[]
  /** Values that are not given are absent. */
  readonly values: Values
}

const NAMES = Object.keys(COMMANDS)
const [DEFAULT = ''] = NAMES
/** Not in the table, which it is about. */
const HELP: Pick<Command, 'operands' | 'options'> = { operands: ['[command]'], options: {} }

/** @throws {UsageError} saying what was expected and what was received instead */
export function parse(args: readonly string[]): Arguments {
  const { name, rest } = commandIn(args)
  const command = name === 'help' ? HELP : (COMMANDS[name ?? DEFAULT] as Command)
  const known = { ...command.options, ...COMMON }
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [key, option] of Object.entries(known)) {
    const short = option.kind === 'flag' ? option.short : undefined
    options[key] = { type: option.kind === 'flag' ? 'boolean' : 'string', ...(short && { short }) }
  }
  // Not strict: its messages are long, and do not say what was expected.
  const { tokens } = parseArgs({ args: rest, options, strict: false, allowPositionals: true, tokens: true })

  const positionals: string[] = []
  const values: Record<string, unknown> = {}
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined
    if (option === undefined) {
      const names = Object.keys(known).map((key) => `--${key}`)
      throw wrong(name ?? DEFAULT, oneOf(names), `'${token.rawName}'`)
    }
    const value = valueFor(token.rawName, option, token.value)
    const list = option.kind === 'choice' && option.list
    values[token.name] = list ? [...((values[token.name] as string[]) ?? []), value] : value
  }
  if (values.version) return { what: 'version', command: name, positionals, values }
  if (values.help) return { what: 'help', command: name === 'help' ? null : name, positionals, values }
  checkCount(name ?? DEFAULT, command.operands, positionals)
  checkOutputs(known, values)
  if (name === 'help') {
    const [about = null] = positionals
    if (about !== null && !isCommand(about)) throw wrong('help', oneOf(NAMES), `'${about}'`)
    return { what: 'help', command: about, positionals, values }
  }
  return { what: 'run', command: name ?? DEFAULT, positionals, values }
}

/** The command, null where it is left out, and everything else. It may stand behind options. */
function commandIn(args: readonly string[]): { name: string | null; rest: string[] } {
  const at = args.findIndex((arg) => !arg.startsWith('-'))
  const name = args[at]
  if (name === undefined) return { name: null, rest: [...args] }
  if (name === 'help' || isCommand(name)) return { name, rest: args.toSpliced(at, 1) }
  // Behind an option it may be that option's value, about which parsing has more to say.
  if (at > 0) return { name: null, rest: [...args] }
  throw new UsageError(`expected ${oneOf([...NAMES, 'help'])}, received '${name}'`)
}

function isCommand(name: string): boolean {
  return Object.hasOwn(COMMANDS, name)
}

function checkCount(name: string, operands: readonly string[], positionals: readonly string[]): void {
  const needed = operands.filter((operand) => !operand.startsWith('[')).length
  const { length } = positionals
  if (length >= needed && length <= operands.length) return
  if (operands.length === 0) throw wrong(name, 'no argument', `'${positionals[0]}'`)
  const expected = needed < operands.length ? 'at most ' : ''
  throw wrong(
    name,
    `${expected}${plural(operands.length, 'argument')} (${operands.join(' ')})`,
    String(length),
  )
}

/** Each has a file of its own. */
function checkOutputs(known: Readonly<Record<string, Option>>, values: Values): void {
  const outputs = Object.keys(values).filter((key) => known[key]?.kind === 'output')
  for (const [i, key] of outputs.entries()) {
    const path = values[key] as string
    const other = outputs.slice(0, i).find((one) => isSame(values[one] as string, path))
    if (other !== undefined) {
      throw new UsageError(`--${key}: '${path}' is the file of --${other} too: name another file`)
    }
  }
}

/** @param raw as it was typed; undefined where an option stands alone */
function valueFor(rawName: string, option: Option, raw: string | undefined): unknown {
  const refuse = (expected: string): never => {
    throw wrong(rawName, expected, raw === undefined ? 'nothing' : `'${raw}'`)
  }
  if (option.kind === 'flag') return raw === undefined ? true : refuse('no value')
  const given = raw ?? ''
  switch (option.kind) {
    case 'number': {
      const { whole, least, most } = option
      const number = (whole ? /^\d+$/ : /^\d+(\.\d+)?$/).test(given) ? Number(given) : Number.NaN
      const what = whole ? 'a whole number' : 'a number'
      return number >= least && number <= most ? number : refuse(`${what}, ${least} to ${most}`)
    }
    case 'choice':
      return option.choices.includes(given) ? given : refuse(oneOf(option.choices))
    case 'output': {
      if (given === '' || given.startsWith('-')) return refuse(option.value)
      // Said before anything is measured; what is written to is looked at once more.
      const reason = unfit(given)
      if (reason !== null) throw new UsageError(`${rawName}: ${reason}`)
      return given
    }
    case 'text':
      return given === '' ? refuse(option.value) : given
  }
}

function oneOf(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

function wrong(where: string, expected: string, received: string): UsageError {
  return new UsageError(`${where}: expected ${expected}, received ${received}`)
}
