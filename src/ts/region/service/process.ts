import { fs } from '../../base/builtins'
import { attempted } from '../../base/errors'

const { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } = fs

// What /proc says of processes. Anybody may be gone, another user's, or hidden: then there is nothing to be said.

/** Whose files this process makes: what /proc says of a process, too. */
export const userId = (): number => process.geteuid?.() ?? 0

/**
 * A regular file of this user, looked at without following a link and without opening it. Where others may make files,
 * nothing else of that name is ours: no link, no FIFO that would wait, no file of theirs.
 */
export function isOwnFile(path: string): boolean {
  return attempted(() => {
    const found = lstatSync(path)
    return found.isFile() && found.uid === userId()
  }, false)
}

/** Something else has that name. It is left alone: where others may make files, it can be theirs. */
export function isTaken(path: string): boolean {
  return attempted(() => lstatSync(path, { throwIfNoEntry: false }) !== undefined, false) && !isOwnFile(path)
}

/** This process's PID namespace, as a number: pids mean something within it alone. Empty where that is not shown. */
export function ownNamespace(): string {
  const link = attempted(() => readlinkSync('/proc/self/ns/pid'), '')
  return /^pid:\[(\d+)\]$/.exec(link)?.[1] ?? ''
}

/** /proc is that of another PID namespace, as long as nobody mounts our own: its numbers are of other processes. */
function isForeign(): boolean {
  const self = attempted(() => readlinkSync('/proc/self'), '')
  return self !== '' && self !== String(process.pid)
}

/** The texts of a file of /proc that ends each with a NUL. */
function textsIn(path: string): string[] {
  return attempted(() => readFileSync(path, 'utf8'), '').split('\0')
}

export function namesIn(where: string): string[] {
  return attempted(() => readdirSync(where), [])
}

export interface ProcessStat {
  readonly parent: number
  /** Clock ticks since boot: tells it from others that have had its number. */
  readonly started: string
}

/** Null: no such process, or none that is shown to us. */
export function statOf(pid: number): ProcessStat | null {
  const stat = isForeign() ? '' : attempted(() => readFileSync(`/proc/${pid}/stat`, 'utf8'), '')
  // Counted from behind the command's name, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const started = fields[19]
  return started === undefined ? null : { parent: Number(fields[1]), started }
}

/** The environment that a process was started with. */
export type Environment = ReadonlyMap<string, string>

/** Empty where it cannot be read. */
export function environmentOf(pid: number | 'self'): Environment {
  const pairs = textsIn(`/proc/${pid}/environ`).flatMap((text): [string, string][] => {
    const at = text.indexOf('=')
    return at < 1 ? [] : [[text.slice(0, at), text.slice(at + 1)]]
  })
  // Of two with one name, the first is what getenv() finds.
  return new Map(pairs.reverse())
}

export function commandLineOf(pid: number | 'self'): string[] {
  return textsIn(`/proc/${pid}/cmdline`)
}

/** The program that it runs; null where that is not told. */
export function programOf(pid: number): string | null {
  return attempted(() => readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''), null)
}

/** Also those that its threads have started. */
export function childrenOf(pid: number): number[] {
  const threads = `/proc/${pid}/task`
  // Not every kernel has these lists.
  if (existsSync(`${threads}/${pid}/children`)) {
    const lists = namesIn(threads).map((thread) => textsIn(`${threads}/${thread}/children`).join(''))
    return lists.join(' ').split(' ').filter(Boolean).map(Number)
  }
  const all = namesIn('/proc').filter((name) => /^\d+$/.test(name))
  return all.map(Number).filter((one) => statOf(one)?.parent === pid)
}

/** The descriptor by which a process of this user has a file open, as /proc calls that; null where it has not. */
export function descriptorOf(pid: number, target: string): string | null {
  const folder = `/proc/${pid}/fd`
  if (attempted(() => statSync(`/proc/${pid}`).uid, -1) !== userId()) return null
  const fd = namesIn(folder).find((name) => attempted(() => readlinkSync(`${folder}/${name}`), '') === target)
  return fd === undefined ? null : `${folder}/${fd}`
}
