import { loaded } from '../../backend/addon'
import { warnOnce } from '../../base/warning'
import { isOfDaemon, packageHash } from './application'
import { isClusterWorker, isForked, ownEnvironment, TOLD } from './leader'
import { CHOSEN } from './open'

/*
 * Without the addon no memory is shared, and each process of a service has what it has counted itself. Where there are
 * several, no page is whole, and nothing else would say so.
 */

/** Another process counts for the same service. A program that a test runner or a manager has forked is alone. */
function isOneOfSeveral(): boolean {
  // Who names a file wants it shared, with whom that may be.
  if (isClusterWorker() || (process.env[CHOSEN] ?? '') !== '') return true
  const environment = ownEnvironment()
  if (!isForked() || isOfDaemon(environment)) return false
  const [hash] = (environment.get(TOLD) ?? '').split(':')
  return hash === packageHash(environment)
}

/** Children that are forked from now on know that they are not alone. What another package's program has told is not for them. */
function tellChildren(): void {
  const own = `${packageHash(ownEnvironment())}:`
  if (!process.env[TOLD]?.startsWith(own)) process.env[TOLD] = own
}

/** Warns once where this process cannot show the whole service. @param says what follows from it, as a clause */
export function warnIfApart(entry: string, says: string): void {
  if (loaded.addon !== null) return
  const { message } = loaded
  if (isOneOfSeveral()) warnOnce(entry, () => `${entry}: ${says}. ${message}`, 'RSEQ_NOT_SHARED')
  tellChildren()
}
