import { isUtf8 } from 'node:buffer'
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  type Stats,
  writeFileSync,
} from 'node:fs'
import { getSystemErrorMap } from 'node:util'
import { ownPipe, readPipe } from './own-pipe'

/*
 * Every file whose path somebody else could change, or has chosen, is opened here: what was looked at is what is read
 * or written, whatever the path leads to meanwhile, and nothing but a file is, or a pipe that was given to this process.
 */

/** Linux's, on x64 and arm64: a place is held, nothing is opened, so no FIFO waits and no device notices. */
const O_PATH = 0o10000000
/** Nobody waits: not at a FIFO, nor for whoever has a lease. No terminal becomes this process's own. */
const AT_ONCE = constants.O_NONBLOCK | constants.O_NOCTTY

/** What a path leads to is no file. */
export class NoFile extends Error {}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a FIFO or a pipe'
  if (stats.isSocket()) return 'a socket'
  return stats.isFile() ? 'a file' : 'a device'
}

/** A descriptor of the file that a path leads to now, and what was found out about it. */
function opened(path: string, access: number): { descriptor: number; stats: Stats } {
  const place = openSync(path, O_PATH)
  try {
    const stats = fstatSync(place)
    if (!stats.isFile()) throw new NoFile(`expected a file, received ${kindOf(stats)}`)
    return { descriptor: openSync(`/proc/self/fd/${place}`, access | AT_ONCE), stats }
  } finally {
    closeSync(place)
  }
}

/**
 * Calls `use` with a descriptor of a file, for reading.
 *
 * @throws {NoFile} for anything but a file, which is not opened
 * @throws {Error} of the system, and what `use` throws
 */
export function withFile<T>(path: string, use: (descriptor: number, stats: Stats) => T): T {
  const { descriptor, stats } = opened(path, constants.O_RDONLY)
  try {
    return use(descriptor, stats)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * The text of a file, or of a pipe that this process was given; without the mark that some editors begin it with.
 *
 * @param most bytes; of a larger file nothing is read, of a longer pipe no more
 * @throws {NoFile} for a larger one, for what is no UTF-8, and as {@link withFile}
 */
export function readText(path: string, most: number): string {
  const pipe = ownPipe(path)
  const bytes = pipe === null ? readFile(path, most) : readPipe(pipe, most)
  if (bytes === null) throw new NoFile(`expected at most ${most} bytes, received more`)
  // No text begins with a NUL, but for half of a character of UTF-16 or a quarter of one of UTF-32.
  if (!isUtf8(bytes) || bytes.subarray(0, 2).includes(0)) {
    throw new NoFile('expected UTF-8, received another encoding')
  }
  return bytes.toString('utf8').replace(/^\ufeff/, '')
}

function readFile(path: string, most: number): Buffer {
  return withFile(path, (descriptor, { size }) => {
    if (size > most) throw new NoFile(`expected at most ${most} bytes, received ${size}`)
    const bytes = Buffer.alloc(size)
    let length = 0
    while (length < size) {
      const read = readSync(descriptor, bytes, length, size - length, null)
      if (read === 0) break
      length += read
    }
    return bytes.subarray(0, length)
  })
}

/**
 * Writes a text file, in place of what it contained.
 *
 * @throws {Error} with the path, where it cannot be written, or is something else
 */
export function writeText(path: string, text: string): void {
  try {
    const descriptor = openedForWriting(path)
    try {
      ftruncateSync(descriptor)
      writeFileSync(descriptor, text)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw new Error(`${path}: ${systemMessage(error)}`)
  }
}

function openedForWriting(path: string): number {
  if (!existsSync(path)) {
    // Made by nobody else meanwhile: then it is refused, whatever it is.
    return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | AT_ONCE, 0o666)
  }
  return opened(path, constants.O_WRONLY).descriptor
}

/** What went wrong with a file: `no such file or directory`, rather than Node's message with the path in it once more. */
export function systemMessage(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message
}
