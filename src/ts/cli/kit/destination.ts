import { accessSync, type BigIntStats, constants, fstatSync, lstatSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { attempted } from '../../base/errors'
import { UsageError } from './usage'

/*
 * What can be said of a file before it is written, so that nobody measures in vain. Files are told apart by device and
 * inode: one has many paths.
 */

/** Where this command writes meanwhile. A file opened once more begins at its start: each would write over the other. */
const STREAMS = ['standard output', 'standard error']

/** What a path leads to; null for nothing, or what cannot be seen. */
function found(path: string): BigIntStats | null {
  return attempted(() => statSync(path, { bigint: true }), null)
}

function isAllowed(path: string, access: number): boolean {
  return attempted(() => {
    accessSync(path, access)
    return true
  }, false)
}

/** Equal for paths that lead to one file, or would if it were made; null where it cannot be made. */
export function identity(path: string): string | null {
  const there = found(path)
  if (there !== null) return `${there.dev}:${there.ino}`
  const folder = found(dirname(path))
  return folder && `${folder.dev}:${folder.ino}/${basename(path)}`
}

/** Whether both are one file. */
export function isSame(path: string, other: string): boolean {
  const one = identity(path)
  return one !== null && one === identity(other)
}

/** What is wrong with a path that is going to be written, for behind the name of its option; null where nothing is. */
export function unfit(path: string): string | null {
  const there = found(path)
  const expected = there === null ? expectedOfNew(path) : expectedOf(path, there)
  if (expected !== null) return `expected ${expected}, received '${path}'`
  const stream = there && STREAMS.find((_, i) => isOpenAs(i + 1, there))
  return stream
    ? `'${path}' is the file that ${stream} goes to, and each would write over the other: name another file`
    : null
}

function expectedOf(path: string, there: BigIntStats): string | null {
  if (!there.isFile()) return 'a file'
  return isAllowed(path, constants.W_OK) ? null : 'a file that can be written'
}

function expectedOfNew(path: string): string | null {
  const folder = dirname(path)
  if (!found(folder)?.isDirectory()) return 'a file in a folder that is there'
  if (path.endsWith('/')) return 'a file'
  try {
    lstatSync(path)
    return 'a file, or a link to one that is there'
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return 'a file that can be written'
  }
  return isAllowed(folder, constants.W_OK | constants.X_OK)
    ? null
    : 'a file in a folder that can be written to'
}

function isOpenAs(descriptor: number, { dev, ino }: BigIntStats): boolean {
  const stream = fstatSync(descriptor, { bigint: true })
  return stream.dev === dev && stream.ino === ino
}

/**
 * For a command that reads files, before it does.
 *
 * @throws {UsageError} where what is going to be written is one of them
 */
export function keep(inputs: readonly string[], option: string, path: string): void {
  const input = inputs.find((one) => isSame(one, path))
  if (input === undefined) return
  const also = input === path ? '' : `, as ${input},`
  throw new UsageError(`${option}: '${path}' is read${also} and would be lost: name another file`)
}
