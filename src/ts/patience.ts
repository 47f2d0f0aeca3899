import { backend } from './backend'
import { RseqError } from './errors'

let waits = true

/** Whether this thread waits for a directory's lock. */
export function isPatient(): boolean {
  return waits
}

/**
 * Runs what must not stand still where somebody keeps a directory locked: it tries the lock, and gets
 * `ERR_RSEQ_REGION_BUSY`.
 *
 * @param work synchronous
 */
export function withoutWaiting<T>(work: () => T): T {
  const before = waits
  waits = false
  backend.waitForLocks(false)
  try {
    return work()
  } finally {
    waits = before
    backend.waitForLocks(before)
  }
}

/** Somebody keeps a directory locked: what failed can be done later. */
export function isBusy(error: unknown): boolean {
  return error instanceof RseqError && error.code === 'ERR_RSEQ_REGION_BUSY'
}
