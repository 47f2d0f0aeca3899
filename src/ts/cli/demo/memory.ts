/** Words from one worker's number to the next one's. */
export const STRIDE = 32

/** Increments between two looks at the world; a worker's last chunk may be shorter. */
export const CHUNK = 65_536

/** What is measured, in this order. */
export const PHASES = ['PerCpuCounter', 'Atomics.add'] as const

/** The counter's name: it finds the same cells in every worker. */
export const COUNTER = 'rseq demo'

/** What a worker is started with. */
export interface DemoWork {
  readonly memory: ReturnType<typeof demoMemory>
  readonly worker: number
  readonly increments: number
  /** When all times begin: process.hrtime.bigint(), one clock for all threads. */
  readonly epoch: bigint
}

/** What a worker tells first … */
export interface ReadyNews {
  readonly backend: string
  readonly registration: string
}

/** … and then of each phase: when it started and ended it, in ns since the epoch. */
export interface PhaseNews {
  readonly started: number
  readonly ended: number
}

/**
 * What the demo's threads share. Each worker's numbers and the shared cell are in cache lines of their own
 * (two: the processor fetches lines in pairs), so that nothing but the counting itself is contended.
 */
export function demoMemory(workers: number) {
  const words = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(length * 4))
  return {
    /** Word 0: the phase that workers may start. */
    gate: words(STRIDE),
    /** Word 0: the one cell that everybody adds to, atomically. */
    shared: words(2 * STRIDE),
    /** Chunks done in the current phase, at `worker * STRIDE`. */
    done: words((workers + 1) * STRIDE),
  }
}
