import { fs, os, path } from '../../base/builtins'
import { attempted } from '../../base/errors'
import { namesIn, ownNamespace, statOf } from './process'

const { accessSync, constants } = fs
const { tmpdir } = os
const { basename, join } = path

/*
 * What the files of services are called: rseq-USER-NAMESPACE-LEADER-START-APPLICATION, without a namespace where none is
 * shown; and what lies beside one: a region in the making, or how far a reader of `rseq/opentelemetry` has come, and that
 * in the making.
 */
const NAME = /^(rseq-(\d+)-(?:(\d+)-)?(\d+)-(\d+|x)-(m?)([0-9a-f]{12}))(\.\d+|\.otel-\d+(?:\.new)?)?$/

/** Instead of the start time of a leader that is not shown to us. */
export const UNKNOWN = 'x'

export interface ServiceName {
  readonly uid: number
  /** The leader's PID namespace: two containers with one folder can have leaders of one pid and start. Empty: not known. */
  readonly namespace: string
  /** Pid of the process that all others of the service descend from. */
  readonly leader: number
  /** When that was started, as /proc says it, or {@link UNKNOWN}. */
  readonly started: string
  /** A process manager leads, which outlives what it manages: the file goes with the last process that has it. */
  readonly managed: boolean
  /** Which application of this leader. */
  readonly hash: string
}

/** What a file of that folder is, if it is a service's. */
export interface Found extends ServiceName {
  readonly path: string
  readonly kind: 'region' | 'making' | 'state'
  /** The region's path. */
  readonly region: string
}

/** What the names of a user's files start with. */
export const namesOf = (uid: number): string => `rseq-${uid}-`

export function fileName({ uid, namespace, leader, started, managed, hash }: ServiceName): string {
  const where = namespace === '' ? '' : `${namespace}-`
  return `${namesOf(uid)}${where}${leader}-${started}-${managed ? 'm' : ''}${hash}`
}

function parse(path: string, where: string): Found | null {
  const [, region, uid, namespace = '', leader, started, mark, hash, beside = ''] =
    NAME.exec(basename(path)) ?? []
  if (region === undefined || started === undefined || hash === undefined) return null
  const kind = beside === '' ? 'region' : beside.startsWith('.otel') ? 'state' : 'making'
  const numbers = { uid: Number(uid), namespace, leader: Number(leader) }
  return { ...numbers, started, managed: mark === 'm', hash, path, kind, region: join(where, region) }
}

/** What the path of a service's region says; null for any other path. */
export function serviceNameOf(path: string): ServiceName | null {
  const found = parse(path, '')
  return found?.kind === 'region' ? found : null
}

/**
 * The files whose names start and end so.
 *
 * @param most of them that are looked at: others may have made any number of files that are called like ours
 */
export function filesIn(where: string, start: string, end = '', most = Number.POSITIVE_INFINITY): Found[] {
  const names = namesIn(where).filter((name) => name.startsWith(start) && name.endsWith(end))
  return names.slice(0, most).flatMap((name) => parse(join(where, name), where) ?? [])
}

/** Its leader's pid means something here. */
export function isOfOwnNamespace({ namespace }: ServiceName): boolean {
  return namespace === '' || namespace === ownNamespace()
}

/** Its leader lives, as far as that can be known: of another PID namespace's, only locks tell. */
export function isLed(name: ServiceName): boolean {
  return isOfOwnNamespace(name) && statOf(name.leader)?.started === name.started
}

/** Files can be made in that folder. */
export function isWritable(where: string): boolean {
  return attempted(() => {
    accessSync(where, constants.W_OK | constants.X_OK)
    return true
  }, false)
}

/** Where the files are. */
export function folder(): string {
  return isWritable('/dev/shm') ? '/dev/shm' : tmpdir()
}
