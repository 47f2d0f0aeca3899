import { fstatSync, readdirSync, readFileSync, readSync, type Stats } from 'node:fs'

/*
 * `rseq compare <(…) b.json`: a shell gives a command one end of a pipe, and a path that leads to its descriptor. That is
 * read as it is, and never opened: whoever made the pipe wanted this process to wait for it.
 */

const OWN = /^\/(?:dev|proc\/self)\/fd\/(0|[1-9]\d{0,8})$/
const CHUNK = 65_536
/** Milliseconds between two looks at a pipe where whoever made it wants nobody to wait. */
const PAUSE = 5

/** The descriptor of this process that a path stands for, where that is a pipe with an end; else null. */
export function ownPipe(path: string): number | null {
  const name = path === '/dev/stdin' ? '0' : OWN.exec(path)?.[1]
  if (name === undefined) return null
  const descriptor = Number(name)
  const stats = statsOf(descriptor)
  return stats?.isFIFO() && !isHeldOpen(stats) ? descriptor : null
}

function statsOf(descriptor: number): Stats | null {
  try {
    return fstatSync(descriptor)
  } catch {
    return null // not open
  }
}

/** Whether this process itself could write to it, as to Node's own pipes: then its end never comes. */
function isHeldOpen({ dev, ino }: Stats): boolean {
  return readdirSync('/proc/self/fd').some((name) => {
    const stats = statsOf(Number(name))
    if (stats?.dev !== dev || stats.ino !== ino) return false
    // Octal: the last digit says whether it is open for reading (0), writing (1) or both (2).
    return /^flags:\s*\d*[12]$/m.test(readFileSync(`/proc/self/fdinfo/${name}`, 'latin1'))
  })
}

/** Reads a pipe to its end; null where more than `most` bytes come, and then no more is read. */
export function readPipe(descriptor: number, most: number): Buffer | null {
  const chunks: Buffer[] = []
  for (let length = 0; length <= most; ) {
    const chunk = Buffer.allocUnsafe(CHUNK)
    const read = readSome(descriptor, chunk)
    if (read === 0) return Buffer.concat(chunks)
    chunks.push(chunk.subarray(0, read))
    length += read
  }
  return null
}

function readSome(descriptor: number, into: Buffer): number {
  for (;;) {
    try {
      return readSync(descriptor, into, 0, into.length, null)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)
    }
  }
}
