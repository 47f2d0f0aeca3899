import { nodeModule, path } from './builtins'

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
