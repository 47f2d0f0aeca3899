import { util } from '../base/builtins'
import { RseqError, type RseqErrorCode } from '../base/errors'
import { RESULT } from './backend'

/** What each of the backend's negative results means to a caller. */
const MEANINGS: Record<number, readonly [RseqErrorCode, string]> = {
  [RESULT.full]: [
    'ERR_RSEQ_REGION_FULL',
    'the region has no free cell or name left; close() gives them back',
  ],
  [RESULT.noMemory]: ['ERR_RSEQ_NO_MEMORY', 'no memory or address space for it'],
  [RESULT.otherKind]: [
    'ERR_RSEQ_KIND',
    'it exists as another kind of object, or with another index or shape',
  ],
  [RESULT.absent]: ['ERR_RSEQ_HANDLE', 'it is not there any more'],
  [RESULT.noRegion]: ['ERR_RSEQ_REGION_FORMAT', 'the file is no region'],
  [RESULT.otherVersion]: ['ERR_RSEQ_REGION_VERSION', 'the region has another version of the format'],
  [RESULT.damaged]: ['ERR_RSEQ_REGION_DAMAGED', 'the region is damaged'],
  [RESULT.owner]: [
    'ERR_RSEQ_REGION_OWNER',
    'the file belongs to another user, or its mode lets others open it (expected 0600)',
  ],
  [RESULT.link]: [
    'ERR_RSEQ_REGION_OWNER',
    'it is a symbolic link, which another user may have made: name the file that it leads to',
  ],
  [RESULT.cpus]: [
    'ERR_RSEQ_REGION_CPUS',
    'the region was made for another number of possible CPUs; it can be attached with { readOnly: true }',
  ],
  [RESULT.busy]: ['ERR_RSEQ_REGION_BUSY', 'another process keeps its directory locked'],
  [RESULT.tooMany]: [
    'ERR_RSEQ_REGION_LIMIT',
    'too many regions, histograms, pools or rings in this process, or processes in the region',
  ],
  [RESULT.readOnly]: ['ERR_RSEQ_READ_ONLY', 'it is not there, and the region is attached for reading only'],
  [RESULT.lost]: [
    'ERR_RSEQ_REGION_LOST',
    "the region's file was cut short; what was counted since may be lost",
  ],
  [RESULT.noRoom]: [
    'ERR_RSEQ_NO_MEMORY',
    "the region's file system is full; nothing was changed, and it works again once there is room",
  ],
  [RESULT.closed]: ['ERR_RSEQ_CLOSED', 'it was closed'],
  [RESULT.consumer]: ['ERR_RSEQ_CONSUMER', 'another consumer drains it; one can, at a time'],
  [RESULT.unsupported]: ['ERR_RSEQ_FEATURE', 'regions of several processes need the native addon'],
}

/** One of {@link RESULT}: `system` and `busy` have 64 × errno below them. */
export function codeOf(result: number): number {
  return -(-result % 64)
}

/** @param what the object or call, as a message calls it */
export function failure(result: number, what: string): Error {
  const code = codeOf(result)
  const errno = Math.floor(-result / 64)
  if (code === RESULT.longName) {
    return new RangeError(
      `${what}: expected a name of 1 to 240 bytes of UTF-8, and texts of up to 32768, received longer ones`,
    )
  }
  if (code === RESULT.system) {
    const name = util.getSystemErrorName(-errno)
    return new RseqError('ERR_RSEQ_SYSTEM', `${what}: the system refused (${name})`, errno)
  }
  const [known, why] = MEANINGS[code] ?? ['ERR_RSEQ_FEATURE', `unknown result ${result}`]
  return new RseqError(known, `${what}: ${why}`)
}

/** @throws what a negative result means */
export function succeed(result: number, what: string): number {
  if (result < 0) throw failure(result, what)
  return result
}
