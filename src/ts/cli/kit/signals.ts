import process from 'node:process'

/** What a shell adds to the number of the signal that ended a process. */
const SIGNALLED = 128
const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1, SIGQUIT: 3 } as const
export type Signal = keyof typeof SIGNALS

/** The exit code of a process that a signal ended. */
export function exitCode(signal: Signal): number {
  return SIGNALLED + SIGNALS[signal]
}

/** Whatever ends the process, `stop` puts the terminal right. */
export function endOnSignals(stop: () => void): void {
  process.once('exit', stop)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => process.exit(exitCode(signal)))
}
