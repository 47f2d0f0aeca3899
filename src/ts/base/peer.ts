import { nodeModule, path } from './builtins'
import { RseqError } from './errors'

/**
 * Loads what the user has installed. An ES module that a bundler made has no `require()`, which such packages call for
 * Node's own modules while they load, so that there is one until then. It is the program's, or as Node has it without a
 * program's file, that of the working directory.
 */
export function withRequire<T>(load: () => T): T {
  const all: { require?: NodeJS.Require } = globalThis
  if (typeof __filename !== 'undefined' || 'require' in all) return load()
  const made = nodeModule.createRequire(path.resolve(process.argv[1] ?? '-'))
  // False where a program has frozen its globals.
  if (!Reflect.set(all, 'require', made)) return load()
  try {
    return load()
  } finally {
    delete all.require
  }
}

export function peerError(message: string): RseqError {
  return new RseqError('ERR_RSEQ_PEER', message)
}

/**
 * For ES module entries. Node 20 ends a process if a CommonJS module throws while it is imported, even if the program
 * catches that. So this one does not throw, and leaves it to the entry.
 */
export function attempt<T>(load: () => T): { readonly entry: T | null; readonly error: unknown } {
  try {
    return { entry: load(), error: null }
  } catch (error) {
    return { entry: null, error }
  }
}
