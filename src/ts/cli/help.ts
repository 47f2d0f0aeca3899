import { COMMANDS, COMMON, type Command, type Option } from './commands'
import { colors, hanging, wrapped } from './kit/terminal'

/** Where what an option does begins. */
const COLUMN = 18

/** What `rseq help` prints, about a command or about all of them. */
export function help(about: string | null): string {
  const command = about === null ? undefined : COMMANDS[about]
  return (command === undefined ? overview() : ofCommand(about as string, command)).join('\n')
}

function overview(): string[] {
  return [
    `${colors.bold('rseq')} [command] [options]`,
    '',
    ...wrapped('Restartable sequences of Linux, in Node.js.'),
    '',
    ...Object.entries(COMMANDS).flatMap(([name, { text }]) => hanging(`rseq ${name}`, text, 2, COLUMN)),
    ...hanging('rseq help', 'print this help, or that of a command: rseq help bench', 2, COLUMN),
    '',
    ...options(COMMON),
    '',
    ...wrapped('Exit code 2: a command line that makes no sense.'),
  ]
}

function ofCommand(name: string, { text, operands, options: own, notes }: Command): string[] {
  return [
    [colors.bold(`rseq ${name}`), ...operands, '[options]'].join(' '),
    '',
    ...wrapped(text),
    '',
    ...options({ ...own, ...COMMON }),
    ...notes.flatMap((note) => ['', ...wrapped(note)]),
  ]
}

function options(table: Readonly<Record<string, Option>>): string[] {
  return Object.entries(table).flatMap(([name, option]) => {
    const short = option.kind === 'flag' && option.short ? `-${option.short}, ` : ''
    const value = option.kind === 'flag' ? '' : ` ${option.value}`
    const choices = option.kind === 'choice' ? ` ${option.choices.join(', ')}` : ''
    return hanging(`${short}--${name}${value}`, option.text + choices, 2, COLUMN)
  })
}
