import type { Stats } from 'node:fs'
import { fs } from '../../base/builtins'
import { isOwnFile, isTaken, userId } from '../../region/service/process'
import { api } from '../model/peer'
import { parseState, type State, type StateOwner, type Store, stateText } from './state'

const { closeSync, constants, fstatSync, openSync, readFileSync, renameSync, unlinkSync, writeFileSync } = fs
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants

const MODE = 0o600
/** Far below the longest string that there can be. */
const MOST_BYTES = 2 ** 28

/** Why a file cannot be one that this user's processes have written; null: it can. */
function faultOf(file: Stats): string | null {
  if (!file.isFile()) return 'it is no regular file'
  if (file.uid !== userId()) return 'it belongs to another user'
  if ((file.mode & 0o777 & ~MODE) !== 0) return 'other users may have access to it'
  return file.size > MOST_BYTES ? `it has more than ${MOST_BYTES} bytes` : null
}

/** Of a predecessor that was killed. */
function removeOwn(path: string): void {
  if (isOwnFile(path)) unlinkSync(path)
}

/** A file beside the region, written by the one process that plays the reader's role. */
export class StateFile implements Store {
  #hasSaid = false

  constructor(
    private readonly path: string,
    private readonly owner: StateOwner,
  ) {}

  read(): State | null | Error {
    let fd: number
    try {
      // O_NONBLOCK: neither a FIFO nor a file with a lease makes anybody wait. Node adds O_CLOEXEC.
      fd = openSync(this.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return code === 'ENOENT' ? null : (error as Error)
    }
    try {
      const fault = faultOf(fstatSync(fd))
      return fault === null ? parseState(readFileSync(fd, 'utf8'), this.owner) : new Error(fault)
    } finally {
      closeSync(fd)
    }
  }

  /**
   * Where a name is taken, the state is not kept: this process goes on, and `diag` says once that whoever exports next
   * cannot go on where this one stops.
   *
   * @throws what the system says
   */
  write(state: State): void {
    const making = `${this.path}.new`
    try {
      if (!isTaken(this.path)) {
        this.#replace(making, state)
        return
      }
    } catch (error) {
      // Taken meanwhile, perhaps.
      if (!isTaken(this.path) && !isTaken(making)) throw error
    }
    this.#say(isTaken(making) ? making : this.path)
  }

  #replace(making: string, state: State): void {
    removeOwn(making)
    const fd = openSync(making, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, MODE)
    try {
      writeFileSync(fd, stateText(state, this.owner))
      renameSync(making, this.path)
    } catch (error) {
      removeOwn(making)
      throw error
    } finally {
      closeSync(fd)
    }
  }

  #say(path: string): void {
    if (this.#hasSaid) return
    this.#hasSaid = true
    api.diag.error(
      `the state of delta export is not kept, for ${path} is no file of this user's: whoever exports next begins ` +
        'anew. Remove it, or give the service a RSEQ_REGION in a folder of its own.',
    )
  }
}
