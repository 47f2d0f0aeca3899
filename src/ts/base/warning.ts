const said = new Set<string>()

/**
 * Warns once in this thread.
 *
 * @param what it is about: tells warnings apart
 * @param message made only where it is said
 */
export function warnOnce(what: string, message: () => string, code?: string): void {
  if (said.has(what)) return
  said.add(what)
  process.emitWarning(message(), { ...(code !== undefined && { code }) })
}
