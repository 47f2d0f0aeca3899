import { backend } from '../backend/backend'
import { RseqError } from '../base/errors'

/** How long this thread waits for a directory's lock, in milliseconds: src/native/region/directory.h's `kPatience`, … */
const USUAL = 1000
/** … `kShortPatience`, for what can be done later, … */
export const SHORT = 40
/** … and `kMostPatience`, for what a program makes when it starts, and cannot do without. */
export const AT_START = 5000

/** @internal For test/unit/backend/layout.test.ts, which holds them against the native numbers. */
export const PATIENCE = { usual: USUAL, short: SHORT, atStart: AT_START } as const

let patience = USUAL

/** Whether this thread waits for a directory's lock at all. */
export function isPatient(): boolean {
  return patience > 0
}

/** Runs something that waits so long for a directory's lock, and then gets `ERR_RSEQ_REGION_BUSY`. */
export function withPatience<T>(milliseconds: number, work: () => T): T {
  const before = patience
  patience = milliseconds
  backend.setPatience(milliseconds)
  try {
    return work()
  } finally {
    patience = before
    backend.setPatience(before)
  }
}

/** Runs what must not stand still where somebody keeps a directory locked: it tries the lock. */
export function withoutWaiting<T>(work: () => T): T {
  return withPatience(0, work)
}

/** Somebody keeps a directory locked. */
export function isBusy(error: unknown): boolean {
  return error instanceof RseqError && error.code === 'ERR_RSEQ_REGION_BUSY'
}

/** The same, or a region's file system is full: what failed can be done later. */
export function isPassing(error: unknown): boolean {
  return isBusy(error) || (error instanceof RseqError && error.code === 'ERR_RSEQ_NO_MEMORY')
}
