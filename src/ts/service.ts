import { backend } from './backend'
import { fs, os, path, threads } from './builtins'
import type { Region } from './region'

const { accessSync, constants, existsSync, readdirSync, readFileSync, unlinkSync } = fs
const { tmpdir } = os
const { basename, dirname, join } = path
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

function folder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK | constants.X_OK)
    return '/dev/shm'
  } catch {
    return tmpdir()
  }
}

/** How far a reader of `rseq/opentelemetry` has come: a file beside the region's, or one in the making. */
const STATE = /^(.*)\.otel-\d+(\.new)?$/

/** Removes a region's file, and the states beside it. */
function remove(path: string): void {
  unlinkSync(path)
  const where = dirname(path)
  for (const name of readdirSync(where)) {
    if (STATE.exec(name)?.[1] === basename(path)) unlinkSync(join(where, name))
  }
}

/** Removes the files of services that nobody is left of. */
function sweep(where: string, prefix: string): void {
  for (const name of readdirSync(where)) {
    // A state that was written after its region's file was gone, by a process that stayed longer.
    const [, base] = (name.startsWith(prefix) && STATE.exec(name)) || []
    if (base !== undefined && !existsSync(join(where, base))) {
      const [pid, started] = base.slice(prefix.length).split('-')
      if (startTime(Number(pid)) !== started) unlinkSync(join(where, name))
      continue
    }
    // The whole name: that of a file in the making goes on.
    const [, pid, started] =
      (name.startsWith(prefix) && /^(\d+)-(\d+)$/.exec(name.slice(prefix.length))) || []
    if (pid === undefined || started === undefined || startTime(Number(pid)) === started) continue
    const path = join(where, name)
    const region = backend.attach(path, true)
    if (region < 0) continue
    // By locks, not by numbers: they may be of another PID namespace. A file that was just made has had nobody yet.
    const processes = backend.processes(region)
    backend.closeRegion(region)
    if (processes.length > 0 && !processes.some(({ alive }) => alive)) remove(path)
  }
}

/** Attaches to the service's region, or makes it. */
export function openService(create: (file: string) => Region): Region {
  const named = process.env[VARIABLE]
  if (named !== undefined && named !== '') return create(named)
  const pid = leader()
  const where = folder()
  const prefix = `rseq-${process.getuid?.() ?? 0}-`
  try {
    sweep(where, prefix)
  } catch {
    // litter of others is no reason to fail
  }
  const file = join(where, `${prefix}${pid}-${startTime(pid)}`)
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
  try {
    remove(owned)
  } catch {
    // gone already
  }
  if (process.env[VARIABLE] === owned) delete process.env[VARIABLE]
  owned = null
}
