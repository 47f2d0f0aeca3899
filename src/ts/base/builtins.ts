/*
 * Node's own modules. Not by require() alone: what a bundler makes of this for an ES module has none, and would throw at
 * import. Node gives them without it since 20.16 and 22.3.
 */
export const buffer: typeof import('node:buffer') =
  process.getBuiltinModule?.('node:buffer') ?? require('node:buffer')

export const fs: typeof import('node:fs') = process.getBuiltinModule?.('node:fs') ?? require('node:fs')

export const nodeModule: typeof import('node:module') =
  process.getBuiltinModule?.('node:module') ?? require('node:module')

export const os: typeof import('node:os') = process.getBuiltinModule?.('node:os') ?? require('node:os')

export const path: typeof import('node:path') =
  process.getBuiltinModule?.('node:path') ?? require('node:path')

const nodeTimers: typeof import('node:timers') =
  process.getBuiltinModule?.('node:timers') ?? require('node:timers')
const { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = nodeTimers

/**
 * Not the globals: a context has none of them, a page of jsdom others. As they are when this is loaded: a test that puts
 * fakes in their place later stops its own program's time, and not what this package has to do.
 */
export const timers = {
  clearImmediate,
  clearInterval,
  clearTimeout,
  setImmediate,
  setInterval,
  setTimeout,
} as const

const hrtime = process.hrtime.bigint

export const util: typeof import('node:util') =
  process.getBuiltinModule?.('node:util') ?? require('node:util')

export const threads: typeof import('node:worker_threads') =
  process.getBuiltinModule?.('node:worker_threads') ?? require('node:worker_threads')

/** Milliseconds of a clock that no test stands still, and that nobody sets. */
export function monotonicMs(): number {
  return Number(hrtime()) / 1e6
}

/** Where it is needed: it takes a millisecond. */
export function crypto(): typeof import('node:crypto') {
  return process.getBuiltinModule?.('node:crypto') ?? require('node:crypto')
}

/** Where it is needed: a process that never forks has not loaded it. */
export function cluster(): import('node:cluster').Cluster {
  return (process.getBuiltinModule?.('node:cluster') ?? require('node:cluster')) as never
}
