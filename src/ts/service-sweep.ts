import { backend } from './backend'
import { fs, path } from './builtins'
import { type Found, filesIn, isLed } from './service-file'
import { userId } from './service-process'

const { existsSync, unlinkSync } = fs
const { dirname } = path

/** Gone already, or litter of others: no reason to fail. */
function tryUnlink(path: string): void {
  try {
    unlinkSync(path)
  } catch {}
}

/** Removes what lies beside a region that was removed. A state is somebody's as long as there is a region of that path. */
function removeBeside({ path, kind, region }: Found): void {
  // Whoever is making a region finds its file gone, and makes another one.
  if (kind === 'making' || (kind === 'state' && !existsSync(region))) tryUnlink(path)
}

/**
 * Removes the files of this user's services that nobody is left of: once the leader is dead; of a leader that outlives its
 * applications, or that nothing is known of, as soon as no process has the file.
 */
export function sweep(where: string): void {
  const uid = userId()
  const own = filesIn(where).filter((one) => one.uid === uid)
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
  for (const one of filesIn(dirname(file))) if (one.region === file) removeBeside(one)
}
