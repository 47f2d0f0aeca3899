import { type ParseArgsConfig, parseArgs } from 'node:util'

/**
 * What is wrong with a command line, for the person who typed it. Known by its name: each command's file
 * has a class of its own.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

interface OptionText {
  readonly type: 'boolean' | 'string'
  readonly short?: string
  readonly value?: string
  readonly text: string
}

interface CommandText {
  readonly text: string
  readonly options: Readonly<Record<string, OptionText>>
}

/** Every command and its options: what is parsed, and what --help says. */
export const COMMANDS = {
  status: {
    text: 'Report whether restartable sequences are active here, and why. The default command.',
    options: { json: { type: 'boolean', text: 'print status() as JSON' } },
  },
  demo: {
    text: 'Count in worker threads, per CPU and in one shared Atomics.add cell, and compare.',
    options: {
      workers: { type: 'string', value: 'N', text: 'worker threads (8)' },
      increments: { type: 'string', value: 'N', text: 'increments of each worker (5000000)' },
    },
  },
} as const satisfies Record<string, CommandText>

/** Commands that read their own command lines; `rseq NAME --help` says more. */
export const OTHERS = {
  bench: 'Measure what this package costs here, beside what could be used instead.',
  compare: 'Show two runs of bench beside each other: two machines, or two commits.',
} as const

export type CommandName = keyof typeof COMMANDS

/** Options of every command. */
export const COMMON: Readonly<Record<string, OptionText>> = {
  help: { type: 'boolean', short: 'h', text: 'print this help' },
  version: { type: 'boolean', short: 'v', text: 'print the version' },
}

/** A command line that makes sense. Values that are not given are absent. */
export interface Arguments {
  readonly command: CommandName | 'help' | 'version'
  readonly values: Readonly<Record<string, string | true>>
}

/** @throws {UsageError} naming the first thing that makes no sense */
export function parse(args: string[]): Arguments {
  const known: Record<string, OptionText> = Object.assign(
    {},
    COMMON,
    ...Object.values(COMMANDS).map((command) => command.options),
  )
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [name, { type, short }] of Object.entries(known)) {
    options[name] = short === undefined ? { type } : { type, short }
  }
  // Not strict: its messages are long and advise what does not help here.
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true })

  const [first, extra] = tokens.filter((token) => token.kind === 'positional').map((token) => token.value)
  const command = first ?? 'status'
  if (!isCommand(command)) throw new UsageError(`unknown command '${command}'`)
  if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}'`)

  const own: Readonly<Record<string, OptionText>> = { ...COMMON, ...COMMANDS[command].options }
  const values: Record<string, string | true> = {}
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    if (!Object.hasOwn(known, name)) throw new UsageError(`unknown option '${rawName}'`)
    const option = own[name]
    if (option === undefined) throw new UsageError(`'${command}' has no option '${rawName}'`)
    if (option.type === 'boolean' && value !== undefined) throw new UsageError(`'${rawName}' takes no value`)
    if (option.type === 'string' && !value) throw new UsageError(`'${rawName}' needs a value`)
    values[name] = value ?? true
  }
  if (values.help) return { command: 'help', values }
  if (values.version) return { command: 'version', values }
  return { command, values }
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name)
}

/**
 * An option's value as a whole number.
 *
 * @throws {UsageError} for anything but digits, and outside of 1 to `most`
 */
export function count(values: Arguments['values'], name: string, byDefault: number, most: number): number {
  const text = values[name]
  if (text === undefined) return byDefault
  const number = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (number >= 1 && number <= most) return number
  throw new UsageError(`--${name}: expected a whole number, 1 to ${most}, received '${text}'`)
}
