import { createRequire } from 'node:module'
import process from 'node:process'
import { Unavailable } from '../src/ts/cli/bench/plan'

/**
 * A library to compare with, as its own typed module: beside this package, or where the command was
 * started.
 *
 * @throws {Unavailable} saying what to install
 */
export function optional<T>(name: string): T {
  for (const from of [__filename, `${process.cwd()}/`]) {
    try {
      return createRequire(from)(name) as T
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'MODULE_NOT_FOUND')
        throw new Unavailable(`${name} does not load: ${message.split('\n')[0]}`)
    }
  }
  throw new Unavailable(`npm install ${name}`)
}
