import { type Found, filesIn, isLed, namesOf, type ServiceName } from './file'
import { childrenOf, descriptorOf, isOwnFile, userId } from './process'

/*
 * Where a service lives whose file is not where its name says. A process shows by its descriptors what it has open, to
 * others of its user; only relatives are looked at.
 */

/**
 * Another way to a region whose file was removed while processes have it. Null where the leader, its children and the
 * others have not.
 */
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

/**
 * The file of a leader that was restored from a checkpoint, with the start time that it had before: its children live in
 * it. Null where there is none.
 */
export function restored(where: string, name: ServiceName): string | null {
  const found = livedIn(where, name, name.leader).find(({ leader }) => leader === name.leader)
  return found?.path ?? null
}

/**
 * The file that siblings live in after their leader's death. Null where there is none, or where it cannot be known which.
 *
 * @param reaper who has become the parent of all of them
 */
export function orphaned(where: string, name: ServiceName, reaper: number): string | null {
  const [found, ...others] = livedIn(where, name, reaper).filter((one) => !isLed(one))
  return found !== undefined && others.length === 0 ? found.path : null
}
