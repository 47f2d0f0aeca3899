import { type Found, filesIn, isLed, namesOf, type ServiceName } from './file'
import { childrenOf, descriptorOf, isOwnFile, userId } from './process'

// Where a service lives whose file is not where its name says: descriptors of relatives of this user show what these have.

/** Another way to a region whose file was removed. Null where leader, its children and the others have not got it. */
export function unlinked(file: string, leader: number | null, others: readonly number[]): string | null {
  const all = new Set([...(leader === null ? [] : [leader, ...childrenOf(leader)]), ...others])
  // What this process itself still has of a region that it has closed is to be found by nobody.
  all.delete(process.pid)
  for (const pid of all) {
    const way = descriptorOf(pid, `${file} (deleted)`)
    if (way !== null) return way
  }
  return null
}

/** The services of one application, of leaders that may be others, in which children of that process live. */
function livedIn(where: string, { managed, hash }: ServiceName, parent: number): Found[] {
  const uid = userId()
  const same = filesIn(where, namesOf(uid), hash).filter(
    (one) => one.kind === 'region' && one.managed === managed && one.hash === hash && isOwnFile(one.path),
  )
  if (same.length === 0) return []
  const children = childrenOf(parent)
  return same.filter(({ path }) => children.some((pid) => descriptorOf(pid, path) !== null))
}

/** The file, by its earlier start time, of a leader that was restored from a checkpoint: its children live in it. */
export function restored(where: string, name: ServiceName): string | null {
  const found = livedIn(where, name, name.leader).find(({ leader }) => leader === name.leader)
  return found?.path ?? null
}

/** The file that siblings, now `reaper`'s children, live in after their leader's death; null unless there is just one. */
export function orphaned(where: string, name: ServiceName, reaper: number): string | null {
  const [found, ...others] = livedIn(where, name, reaper).filter((one) => !isLed(one))
  return found !== undefined && others.length === 0 ? found.path : null
}
