import { path, threads } from '../../base/builtins'
import { RseqError } from '../../base/errors'
import { givenName, isOfDaemon, ownApplication, packageHash } from './application'
import { fileName, folder, isOfOwnNamespace, isWritable, type ServiceName, serviceNameOf } from './file'
import { isForked, itself, type Leader, ownEnvironment, ownLeader, TOLD } from './leader'
import { orphaned, restored, unlinked } from './living'
import { parent, tellThreads } from './main-thread'
import { isOwnFile, isTaken, ownNamespace, userId } from './process'
import { remove, sweep } from './sweep'

const { dirname, join } = path
const { isMainThread } = threads

/*
 * Where the processes of a service meet: docs/integrations/services.md has the rule. All of them compute the same path,
 * whoever comes first; only children that were forked need to be told.
 */

/** The file that the user wants: all processes that have this are one service. */
export const CHOSEN = 'RSEQ_REGION'

/** The file to be removed with this process. */
let owned: string | null = null
/** What this thread has told its children, and what it had heard itself. */
let told: { readonly text: string; readonly before: string | undefined } | null = null

function warn(message: string): void {
  process.emitWarning(`Region.service: ${message}`, { code: 'RSEQ_SERVICE' })
}

interface Inherited {
  readonly file: string
  readonly name: ServiceName
}

/** The parent's service, where this process was forked as a part of it. */
function inherited(): Inherited | null {
  const environment = ownEnvironment()
  // A manager's daemon opens no service: it has only what it was started with itself.
  if (!isForked() || isOfDaemon(environment)) return null
  const [hash = '', ...rest] = (environment.get(TOLD) ?? '').split(':')
  const file = rest.join(':')
  const name = serviceNameOf(file)
  if (name === null || hash !== packageHash(environment)) return null
  if (name.uid === userId()) return { file, name }
  warn(
    `the parent's is ${file}, which is another user's: this process counts apart from it. ` +
      'Let all processes of the service run as one user.',
  )
  return null
}

interface Place {
  readonly file: string
  /** Null: its pid means nothing here, for it is of another PID namespace. */
  readonly leader: number | null
  /** The parent has opened that very file. */
  readonly isParents: boolean
}

function besideParent({ file, name }: Inherited): Place {
  const given = givenName()
  const leader = isOfOwnNamespace(name) ? name.leader : null
  if (given === null || given.hash === name.hash) return { file, leader, isParents: true }
  // Another application of the same leader, where the forked siblings of this name meet.
  return { file: join(dirname(file), fileName({ ...name, hash: given.hash })), leader, isParents: false }
}

function ofOrphan(where: string, nameOf: (leader: Leader) => ServiceName): Place {
  const name = nameOf({ ...itself(), managed: isOfDaemon(ownEnvironment()) })
  const { leader } = name
  const file = orphaned(where, name, parent.pid)
  if (file !== null) return { file, leader, isParents: false }
  warn(
    'the primary of this cluster worker had died before this was first used: it counts by itself. ' +
      'Use it in the primary, or earlier in the worker.',
  )
  return { file: join(where, fileName(name)), leader, isParents: false }
}

function place(where: string): Place {
  const parents = inherited()
  if (parents !== null) return besideParent(parents)
  const { hash } = ownApplication(ownEnvironment())
  const nameOf = ({ pid, started, managed }: Leader): ServiceName => {
    return { uid: userId(), namespace: ownNamespace(), leader: pid, started, managed, hash }
  }
  const leader = ownLeader()
  if (leader === null) return ofOrphan(where, nameOf)
  const name = nameOf(leader)
  const file = join(where, fileName(name))
  return {
    file: isOwnFile(file) ? file : (restored(where, name) ?? file),
    leader: leader.pid,
    isParents: false,
  }
}

/** What to open: the file, or the living region that has lost it. */
function wayTo({ file, leader, isParents }: Place): string {
  if (isOwnFile(file)) return file
  const way = unlinked(file, leader, leader === process.pid ? [] : [parent.pid])
  if (way === null && isParents) {
    warn(
      `${file} was removed while the service ran: this process and those after it count apart from the others. ` +
        "Restart the service. systemd-logind removes a user's files in /dev/shm at logout unless it has RemoveIPC=no; " +
        'RSEQ_REGION names a file elsewhere.',
    )
  }
  return way ?? file
}

/** @throws {RseqError} what `create` throws; where nothing can be written, with what to do */
function createIn<T>(where: string, create: (file: string) => T, file: string): T {
  try {
    return create(file)
  } catch (error) {
    if (!(error instanceof RseqError) || isWritable(where)) throw error
    const advice =
      `${where} cannot be written to, nor can /dev/shm. Mount a tmpfs at /dev/shm that this user can write to, or name a ` +
      'file elsewhere by RSEQ_REGION'
    throw new RseqError(error.code, `${error.message}: ${advice}`, error.errno)
  }
}

/**
 * Attaches to the service's region, or makes it.
 *
 * @throws {RangeError} for a name that is none
 * @throws {RseqError} `ERR_RSEQ_REGION_OWNER` where something else has the file's name
 */
export function openService<T>(create: (file: string) => T): T {
  const chosen = process.env[CHOSEN]
  if (chosen !== undefined && chosen !== '') return create(chosen)
  tellThreads()
  const where = folder()
  sweep(where)
  const found = place(where)
  const way = wayTo(found)
  if (way === found.file && isTaken(way)) {
    throw new RseqError(
      'ERR_RSEQ_REGION_OWNER',
      `Region.service: ${way} is no file of this user's. Remove it, or name another one by RSEQ_REGION, in a folder where ` +
        'nobody else may make files',
    )
  }
  const region = createIn(where, create, way)
  const text = `${packageHash(ownEnvironment())}:${found.file}`
  told = { text, before: process.env[TOLD] }
  process.env[TOLD] = text
  if (found.leader === process.pid && isMainThread) {
    owned = found.file
    process.on('exit', leaveService)
  }
  return region
}

/** The primary ends, or has closed the region: nobody is to find it any more. */
export function leaveService(): void {
  process.off('exit', leaveService)
  if (told !== null && process.env[TOLD] === told.text) {
    if (told.before === undefined) delete process.env[TOLD]
    else process.env[TOLD] = told.before
  }
  told = null
  if (owned !== null) remove(owned)
  owned = null
}
