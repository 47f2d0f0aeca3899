#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { type Arguments, parse } from './arguments'
import { COMMANDS, type Command } from './commands'
import { complain } from './kit/complain'

/** Exit code of a command line, or a file named in it, that makes no sense. */
const USAGE = 2
/** As a shell reports a process that SIGPIPE ended. */
const BROKEN_PIPE = 141

/*
 * A reader that has seen enough (`rseq | head -1`) is no error: the command's own exit code, where it is
 * known already. A full disk is one.
 */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? BROKEN_PIPE)
  complain(`standard output: ${error.message}`)
  process.exit(1)
})
process.stderr.on('error', () => process.exit())

/*
 * What the package warns of, as lines of this command; at its end, for before that the terminal may be somebody's frame.
 */
const warnings: string[] = []
process.removeAllListeners('warning')
process.on('warning', ({ message }) => warnings.push(message.replace(/^rseq: /, '')))
process.on('exit', () => {
  for (const message of warnings) complain(message)
})

function version(): string {
  const text = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

async function run({ what, command, positionals, values }: Arguments): Promise<void> {
  // Before anything is loaded that asks for it; workers and children hear of it too.
  if (values['no-color']) process.env.NO_COLOR = '1'
  if (what === 'version') process.stdout.write(`${version()}\n`)
  else if (what === 'help')
    (await import('./kit/output.js')).print([(await import('./help.js')).help(command)])
  else {
    const file = await (COMMANDS[command as string] as Command).load()
    const code = await file.run(positionals, values)
    if (typeof code === 'number') process.exitCode = code
  }
}

async function main(): Promise<void> {
  try {
    await run(parse(process.argv.slice(2)))
  } catch (error) {
    process.exitCode = error instanceof Error && error.name === 'UsageError' ? USAGE : 1
    complain(error instanceof Error ? error.message : String(error))
  }
}

void main()
