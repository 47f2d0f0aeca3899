import { COMMANDS, COMMON, OTHERS } from './arguments'
import { colors, hanging, wrapped } from './terminal'

/** What `--help` prints. */
export function help(): string {
  const lines = [
    `${colors.bold('rseq')} [command] [options]`,
    '',
    ...wrapped('Restartable sequences of Linux, in Node.js.'),
    '',
  ]
  for (const [name, command] of Object.entries(COMMANDS)) {
    lines.push(colors.bold(`rseq ${name}`), ...wrapped(command.text, 2), ...options(command.options), '')
  }
  for (const [name, text] of Object.entries(OTHERS)) {
    lines.push(
      colors.bold(`rseq ${name}`),
      ...wrapped(text, 2),
      ...wrapped(`rseq ${name} --help says more.`, 2),
      '',
    )
  }
  lines.push(colors.bold('Always'), ...options(COMMON), '')
  lines.push(
    ...wrapped(
      'Exit code of status: 0 where rseq is active, 3 where it is not. Of demo: 0 where every sum is exact, else 1. 2 for a wrong command line.',
    ),
  )
  return lines.join('\n')
}

function options(
  table: Readonly<Record<string, { short?: string; value?: string; text: string }>>,
): string[] {
  return Object.entries(table).flatMap(([name, { short, value, text }]) => {
    const label = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
    return hanging(label, text, 2, 18)
  })
}
