import { threads } from '../../base/builtins'
import { UNKNOWN } from './file'
import { statOf } from './process'

const { isMainThread } = threads

/** What a thread cannot find out of its process by itself, or no longer: it is told by the one that starts it. */
interface Main {
  /** As it was said; null where it is not known. */
  readonly script: string | null
  /** The parent at first: once it is dead, whoever reaps orphans is in its place. */
  readonly parent: { readonly pid: number; readonly started: string }
}

const KEY = 'rseq: the main thread'

export const startOf = (pid: number): string => statOf(pid)?.started ?? UNKNOWN

const { ppid } = process
const atFirst: Main = {
  script: isMainThread ? (process.argv[1] ?? '') : null,
  parent: { pid: ppid, started: startOf(ppid) },
}
const told = isMainThread ? undefined : (threads.getEnvironmentData?.(KEY) as unknown as Main | undefined)
const main = told ?? atFirst

export const { parent } = main

/** The main script as it is now, for programs that run others may change it; null in a thread that was told nothing. */
export function mainScript(): string | null {
  return isMainThread ? (process.argv[1] ?? '') : main.script
}

/** Of threads that are started from now on. */
export function tellThreads(): void {
  if (isMainThread) threads.setEnvironmentData?.(KEY, { script: mainScript(), parent } as never)
}

tellThreads()
