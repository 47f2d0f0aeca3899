import { nodeModule } from './builtins'

/**
 * Loads what the user has installed. An ES module that a bundler made has no `require()`, which such packages call for
 * Node's own modules while they load, so that there is one until then.
 */
export function withRequire<T>(load: () => T): T {
  const all = globalThis as { require?: NodeJS.Require }
  const [, program] = process.argv
  if (typeof __filename !== 'undefined' || all.require !== undefined || program === undefined) return load()
  all.require = nodeModule.createRequire(program)
  try {
    return load()
  } finally {
    delete all.require
  }
}
