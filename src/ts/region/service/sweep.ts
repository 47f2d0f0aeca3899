import { backend } from '../../backend/backend'
import { fs, path } from '../../base/builtins'
import { type Found, filesIn, isLed, namesOf } from './file'
import { isOwnFile, userId } from './process'

const { unlinkSync } = fs
const { basename, dirname } = path

/** Files that a sweep looks at: a service is not to wait for more. */
const MOST = 10_000

/** Not what others have put there. */
function tryUnlink(path: string): void {
  try {
    if (isOwnFile(path)) unlinkSync(path)
  } catch {} // gone already
}

/** Removes what lies beside a region that was removed. A state is somebody's as long as there is a region of that path. */
function removeBeside({ path, kind, region }: Found): void {
  // Whoever is making a region finds its file gone, and makes another one.
  if (kind === 'making' || (kind === 'state' && !isOwnFile(region))) tryUnlink(path)
}

/**
 * Removes the files of this user's services that nobody is left of: once the leader is dead; of a leader that outlives its
 * applications, or that nothing is known of, as soon as no process has the file.
 */
export function sweep(where: string): void {
  const uid = userId()
  // The name says whose it is; whose it is in truth, the file.
  const own = filesIn(where, namesOf(uid), '', MOST).filter((one) => isOwnFile(one.path))
  const unled = new Set(own.filter((one) => !isLed(one)))
  const all = own.filter((one) => unled.has(one) || one.managed)
  // By locks, not by numbers: they may be of another PID namespace.
  for (const { path, kind } of all) if (kind === 'region') backend.sweep(path)
  // Of a managed one, somebody may just be making it.
  for (const one of all) if (one.kind !== 'making' || unled.has(one)) removeBeside(one)
}

/** Removes a service's file: nobody is to find it any more. */
export function remove(file: string): void {
  tryUnlink(file)
  for (const one of filesIn(dirname(file), basename(file))) if (one.region === file) removeBeside(one)
}
