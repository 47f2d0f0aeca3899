#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { type Arguments, parse } from './arguments'
import { help } from './help'

/** Exit code of a command line that makes no sense. */
const USAGE = 2
/** As a shell reports a process that SIGPIPE ended. */
const BROKEN_PIPE = 141

/*
 * A reader that has seen enough (`rseq | head -1`) is no error: the command's own exit code, where it is
 * known already. A full disk is one.
 */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? BROKEN_PIPE)
  fail(`standard output: ${error.message}`)
  process.exit(1)
})
process.stderr.on('error', () => process.exit())

function fail(message: string): void {
  process.stderr.write(`rseq: ${message}\n`)
}

function version(): string {
  const text = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

// Each command is loaded when it is asked for: a status report needs no table, help not even the addon.
async function run({ command, values }: Arguments): Promise<void> {
  switch (command) {
    case 'help':
      process.stdout.write(`${help()}\n`)
      break
    case 'version':
      process.stdout.write(`${version()}\n`)
      break
    case 'status':
      await (await import('./status.js')).run(values)
      break
    case 'demo':
      await (await import('./demo.js')).run(values)
  }
}

async function main(): Promise<void> {
  const [first, ...rest] = process.argv.slice(2)
  try {
    // These two parse their own command lines, and have a --help of their own.
    if (first === 'bench') process.exitCode = await (await import('./bench.js')).bench(rest)
    else if (first === 'compare') process.exitCode = await (await import('./compare.js')).compare(rest)
    else await run(parse(process.argv.slice(2)))
  } catch (error) {
    const usage = error instanceof Error && error.name === 'UsageError'
    process.exitCode = usage ? USAGE : 1
    fail(error instanceof Error ? error.message : String(error))
    if (usage) process.stderr.write("Try 'rseq --help'.\n")
  }
}

void main()
