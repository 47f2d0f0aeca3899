import { applicationsOf, type Rule } from '../../region/service/application'
import { isOfOwnNamespace, serviceNameOf } from '../../region/service/file'
import { environmentOf } from '../../region/service/process'

/** Which service a region is. */
export interface Identity {
  /** Which application of its leader: the name that it was given, PM2's, or a script; null where that is not known. */
  readonly application: string | null
  /** What has decided that these processes meet in this file; null where that is not known. */
  readonly rule: Rule | 'RSEQ_REGION' | null
}

const UNKNOWN: Identity = { application: null, rule: null }

/** The pid in the name of a service's file; null where it is one of another PID namespace, or the file is no service's. */
export function leaderOf(path: string): number | null {
  const name = serviceNameOf(path)
  return name !== null && isOfOwnNamespace(name) ? name.leader : null
}

/**
 * What its processes say of themselves: the name of a service's file has only a hash, which tells whose words are true.
 *
 * @param pids of processes that have the region
 */
export function identityOf(path: string, pids: readonly number[]): Identity {
  const name = serviceNameOf(path)
  if (name === null) {
    const isChosen = pids.some((pid) => environmentOf(pid).get('RSEQ_REGION') === path)
    return isChosen ? { application: null, rule: 'RSEQ_REGION' } : UNKNOWN
  }
  const leader = leaderOf(path)
  for (const pid of new Set([...(leader === null ? [] : [leader]), ...pids])) {
    const found = applicationsOf(pid).find(({ hash }) => hash === name.hash)
    if (found !== undefined) return { application: found.text, rule: found.rule }
  }
  return UNKNOWN
}

/** As words; empty where nothing is known. */
export function identityText({ application, rule }: Identity): string {
  if (rule === null) return ''
  return application === null ? `by ${rule}` : `application ${application} (${rule})`
}
