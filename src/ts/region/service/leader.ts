import { cluster, path, threads } from '../../base/builtins'
import { isOfDaemon } from './application'
import { parent, startOf } from './main-thread'
import { type Environment, environmentOf, programOf } from './process'

const { basename } = path
const { isMainThread } = threads

/** The process that all others of a service descend from. */
export interface Leader {
  readonly pid: number
  /** When it was started, as far as that is shown to us. */
  readonly started: string
  /** A process manager, which outlives what it manages. */
  readonly managed: boolean
}

/** Node takes these out of `process.env`; what the process was started with keeps them, for its threads too. */
const CLUSTER_WORKER = 'NODE_UNIQUE_ID'
const CHANNEL = 'NODE_CHANNEL_FD'
/** What a process tells its children: its package's hash, a colon, and the file of its service, if that has one. */
export const TOLD = 'RSEQ_PARENT'

/** Those of them that Node itself knows of. */
function knownToNode(): [string, string][] {
  if (!isMainThread) return []
  const known = process.channel ? [CHANNEL] : []
  if (cluster().isWorker) known.push(CLUSTER_WORKER)
  return known.map((name) => [name, ''])
}

let environment: Environment | null = null

/** The environment that this process was started with. Without /proc: that of the thread as it is now. */
export function ownEnvironment(): Environment {
  if (environment !== null) return environment
  const started = environmentOf('self')
  if (started.size === 0) {
    return new Map([...Object.entries(process.env as Record<string, string>), ...knownToNode()])
  }
  environment = started
  return started
}

export const isClusterWorker = (): boolean => ownEnvironment().has(CLUSTER_WORKER)

/** Node has started it to be spoken with: `cluster.fork`, `child_process.fork`. */
export const isForked = (): boolean => isClusterWorker() || ownEnvironment().has(CHANNEL)

export function itself(): Leader {
  const { pid } = process
  return { pid, started: startOf(pid), managed: false }
}

/** Whether a cluster worker's parent is none that could be its primary, which runs Node as its workers do. */
function isReaper(pid: number): boolean {
  const program = programOf(pid)
  if (program === null) return pid === 1
  return basename(program) !== basename(process.execPath) && !basename(program).includes('node')
}

/** The primary of a cluster worker; every other process leads itself. Null: the primary was dead before this was loaded. */
export function ownLeader(): Leader | null {
  if (!isClusterWorker()) return itself()
  return isReaper(parent.pid) ? null : { ...parent, managed: isOfDaemon(ownEnvironment()) }
}
