import type { Interruptions, Published, Question, Row } from './result'

/** Runs `n` operations. What it returns is of no interest, but computing it keeps the work alive. */
export type Loop = (n: number) => unknown

/** As {@link Loop}, where an operation ends with a promise. */
export type AsyncLoop = (n: number) => Promise<unknown>

/** A loop that measures itself: runs `n` operations, returns the nanoseconds that one of them took. */
export type TimedLoop = (n: number) => number

/** One of the threads that count together. */
export interface Seat {
  readonly worker: number
  readonly workers: number
  /** Zeroed, and the same for all seats. */
  readonly memory: SharedArrayBuffer
}

/** One of the processes that count together. */
export interface ProcessSeat extends Omit<Seat, 'memory'> {
  /** What the row's `share` returned. */
  readonly shared: string
}

/** How a row is measured, always in a child process of its own. */
export type Case =
  /** In the child's main thread. */
  | { readonly kind: 'loop'; prepare(): Loop | Promise<Loop> }
  | { readonly kind: 'async'; prepare(): AsyncLoop }
  /**
   * By its own clock, in C or because not all of its work counts; one call should take `callNs`. `inCompany`: other threads
   * take part, and that they interrupt it belongs to it.
   */
  | { readonly kind: 'timed'; readonly callNs?: number; readonly inCompany?: true; prepare(): TimedLoop }
  /** In worker threads of the child, all at once; `bytes`: of the memory that they share, where a row needs more of it. */
  | { readonly kind: 'threads'; readonly bytes?: number; prepare(seat: Seat): Loop | Promise<Loop> }
  /** In child processes of the child, all at once; `share` makes, in the child, what they have in common. */
  | {
      readonly kind: 'processes'
      share?(): string
      prepare(seat: ProcessSeat): Loop | AsyncLoop
    }
  /** In the child's main thread, which is the primary of so many cluster workers; each has done `work`. */
  | { readonly kind: 'cluster'; readonly workers: number; work(): void; prepare(): AsyncLoop }

/** A row to be measured. */
export interface RowPlan {
  readonly id: Row['id']
  readonly label: string
  readonly kind: Row['kind']
  readonly case: Case
  readonly workers?: number
  readonly size?: number
  readonly bytes?: number
  readonly published?: Published
  /** For the child's environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** A question to be answered: one file under bench/. */
export interface QuestionPlan {
  readonly name: Question['name']
  readonly title: string
  readonly per: string
  /** Ids of the rows that the others are compared with: the first that has a figure. */
  readonly reference: readonly string[]
  /** What that reference is called at the head of a column of ratios. */
  readonly unit: string
  /** Sentences for below the table. */
  readonly notes: readonly Note[]
  rows(scope: Scope): readonly RowPlan[]
}

/** A sentence; those about some rows are said where one of these has a figure. */
export type Note = string | { readonly about: readonly Row['id'][]; readonly text: string }

/** What rows depend on. */
export interface Scope {
  readonly quick: boolean
  /** Bound of every CPU number. */
  readonly possibleCpus: number
}

/** Thrown by `prepare`: this machine, or this installation, cannot run the row. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}

/** What tells a row from the others of its question. */
export function keyOf({ id, workers, size }: Pick<RowPlan, 'id' | 'workers' | 'size'>): string {
  return [id, workers ?? '', size ?? ''].join('/')
}

/** What the command sends to a child: measure for about so long, or end. */
export interface Order {
  readonly milliseconds: number
}

/** What a child answers: ready or not, then nanoseconds per operation, once per order. */
export type Answer = { readonly ready: true } | { readonly unavailable: string } | Samples

/** Nanoseconds per operation. */
export interface Samples {
  readonly good: readonly number[]
  /** Taken while something else slowed the CPU. */
  readonly disturbed: readonly number[]
  /** Taken while something interrupted the thread: see `interruptions`. */
  readonly interrupted: readonly number[]
  /** How many those are, and why; null where nothing is watched, for what is measured waits, or has company. */
  readonly interruptions: Interruptions | null
}
