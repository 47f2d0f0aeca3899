import { readdirSync, readlinkSync, readSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { attempted } from '../../base/errors'
import { serviceNameOf } from '../../region/service/file'
import { environmentOf } from '../../region/service/process'
import { identity } from '../kit/destination'
import { withFile } from '../kit/files'
import { leaderOf } from './identity'

/** What a region's file begins with: `kMagic` of src/native/region/format.h. */
const MAGIC = '\u0011region\n'
const DELETED = / \(deleted\)$/

/** A region that living processes are attached to. */
export interface Found {
  /** What to attach to. */
  readonly path: string
  /** What it is called: its file, even one that was removed. */
  readonly shown: string
  readonly pids: number[]
}

function isRegion(path: string): boolean {
  const begins = (descriptor: number): boolean => {
    const start = Buffer.alloc(MAGIC.length)
    return (
      readSync(descriptor, start, 0, MAGIC.length, 0) === MAGIC.length && start.toString('latin1') === MAGIC
    )
  }
  return attempted(() => withFile(path, begins), false)
}

/** The region's file that it was started with. */
function regionVariable(pid: number): string {
  return environmentOf(pid).get('RSEQ_REGION') ?? ''
}

/** Where regions usually are: all other files of a process are left alone unless somebody asks for that process. */
function isUsual(target: string, variable: string): boolean {
  const file = target.replace(DELETED, '')
  return (
    file === '/memfd:rseq' ||
    file.startsWith('/dev/shm/') ||
    serviceNameOf(file) !== null ||
    (variable !== '' && file === variable)
  )
}

/** Adds the regions that a process is attached to: it keeps their files open. */
function collect(pid: number, into: Map<string, Found>, wanted: (target: string) => boolean): void {
  const folder = `/proc/${pid}/fd`
  for (const fd of attempted(() => readdirSync(folder), [])) {
    const path = `${folder}/${fd}`
    const target = attempted(() => readlinkSync(path), '')
    if (!target.startsWith('/') || !wanted(target) || !isRegion(path)) continue
    const key = identity(path) ?? ''
    const found = into.get(key)
    if (found !== undefined) {
      if (!found.pids.includes(pid)) found.pids.push(pid)
      continue
    }
    const isMemfd = target.startsWith('/memfd:')
    // The file may be another one by now, or be seen by that process alone.
    const reachable = !isMemfd && identity(target) === key
    into.set(key, {
      path: reachable ? target : path,
      shown: isMemfd ? path : target.replace(DELETED, ''),
      pids: [pid],
    })
  }
}

function sorted(found: Map<string, Found>): Found[] {
  return [...found.values()].sort((a, b) => (a.shown < b.shown ? -1 : 1))
}

/** The regions that this user's running processes are attached to, in order of their names. */
export function services(): Found[] {
  const found = new Map<string, Found>()
  const user = process.getuid?.()
  for (const entry of attempted(() => readdirSync('/proc'), [])) {
    const pid = /^\d+$/.test(entry) ? Number(entry) : process.pid
    if (pid === process.pid || attempted(() => statSync(`/proc/${pid}`).uid, -1) !== user) continue
    const variable = regionVariable(pid)
    collect(pid, found, (target) => isUsual(target, variable))
  }
  return sorted(found)
}

/**
 * The regions that one process is attached to. Where it is attached to none, that of its service: what its environment
 * names, or the files of which it is the leader.
 */
export function ofProcess(pid: number): Found[] {
  const found = new Map<string, Found>()
  collect(pid, found, () => true)
  if (found.size > 0) return sorted(found)
  const named = regionVariable(pid)
  const files = ['/dev/shm', tmpdir()].flatMap((folder) =>
    attempted(() => readdirSync(folder), []).map((name) => join(folder, name)),
  )
  const paths = named === '' ? files.filter((path) => leaderOf(path) === pid) : [named]
  return paths.filter(isRegion).map((path) => ({ path, shown: path, pids: [] }))
}

export function exists(pid: number): boolean {
  return attempted(() => statSync(`/proc/${pid}`).isDirectory(), false)
}
