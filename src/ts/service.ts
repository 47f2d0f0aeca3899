import { backend } from './backend'
import { fs, os, path, threads } from './builtins'
import type { Region } from './region'

const { accessSync, constants, existsSync, readdirSync, readFileSync, unlinkSync } = fs
const { tmpdir } = os
const { dirname, join } = path
const { isMainThread } = threads

/*
 * Where the processes of a service meet. A cluster worker and its primary compute the same path, whoever comes first;
 * other children find it in their environment.
 */
const VARIABLE = 'RSEQ_REGION'

/** The file to be removed with this process. */
let owned: string | null = null

function readable(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function namesIn(where: string): string[] {
  try {
    return readdirSync(where)
  } catch {
    return []
  }
}

/** Field 22 of /proc/PID/stat, counted from behind the command's name, which may hold anything. Empty: no process. */
function startTime(pid: number): string {
  const stat = readable(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

/**
 * The process that all others of the service descend from. Node takes the variable that makes a cluster worker out of
 * `process.env`; the environment that the process was started with keeps it, for its threads too.
 */
function leader(): number {
  const isClusterWorker = /(^|\0)NODE_UNIQUE_ID=/.test(readable('/proc/self/environ'))
  return isClusterWorker ? process.ppid : process.pid
}

const userId = (): number => process.getuid?.() ?? 0

function folder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK | constants.X_OK)
    return '/dev/shm'
  } catch {
    return tmpdir()
  }
}

/**
 * A service's region, by its user and its leader; and what lies beside it: one in the making, or how far a reader of
 * `rseq/opentelemetry` has come, and that in the making.
 */
const NAME = /^(rseq-(\d+)-(\d+)-(\d+))(\.\d+|\.otel-\d+(?:\.new)?)?$/

interface Found {
  readonly path: string
  readonly kind: 'region' | 'making' | 'state'
  /** The region's path. */
  readonly region: string
  readonly uid: number
  readonly leader: number
  readonly started: string
}

function foundIn(where: string): Found[] {
  return namesIn(where).flatMap((name) => {
    const [, region, uid, leader, started, beside = ''] = NAME.exec(name) ?? []
    if (region === undefined || started === undefined) return []
    const kind = beside === '' ? 'region' : beside.startsWith('.otel') ? 'state' : 'making'
    return [
      {
        path: join(where, name),
        kind,
        region: join(where, region),
        uid: Number(uid),
        leader: Number(leader),
        started,
      },
    ]
  })
}

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

/** Removes the files of services that nobody is left of. */
function sweep(where: string): void {
  const uid = userId()
  const all = foundIn(where).filter((one) => one.uid === uid && startTime(one.leader) !== one.started)
  // By locks, not by numbers: they may be of another PID namespace.
  for (const { path, kind } of all) if (kind === 'region') backend.sweep(path)
  all.forEach(removeBeside)
}

/** Attaches to the service's region, or makes it. */
export function openService(create: (file: string) => Region): Region {
  const named = process.env[VARIABLE]
  if (named !== undefined && named !== '') return create(named)
  const pid = leader()
  const where = folder()
  sweep(where)
  const file = join(where, `rseq-${userId()}-${pid}-${startTime(pid)}`)
  const region = create(file)
  process.env[VARIABLE] = file
  if (pid === process.pid && isMainThread) {
    owned = file
    process.on('exit', leaveService)
  }
  return region
}

/** The primary ends, or has closed the region: nobody is to find it any more. */
export function leaveService(): void {
  process.off('exit', leaveService)
  if (owned === null) return
  tryUnlink(owned)
  foundIn(dirname(owned))
    .filter(({ region }) => region === owned)
    .forEach(removeBeside)
  if (process.env[VARIABLE] === owned) delete process.env[VARIABLE]
  owned = null
}
