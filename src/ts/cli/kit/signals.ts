import { constants } from 'node:os'
import process from 'node:process'

/** What a shell adds to the number of the signal that ended a process. */
const SIGNALLED = 128

/** The exit code of a process that a signal ended. */
export function exitCode(signal: NodeJS.Signals): number {
  return SIGNALLED + constants.signals[signal]
}

/** Whatever ends the process, `stop` puts the terminal right. */
export function endOnSignals(stop: () => void): void {
  process.once('exit', stop)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => process.exit(exitCode(signal)))
}
