// Where downloads stay that several checkouts can share: Nodes, Debian packages, package managers.
import { homedir } from 'node:os'
import { join } from 'node:path'

const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')

/** RSEQ_CACHE names another place. It can be removed at any time. */
export const cache = process.env.RSEQ_CACHE || join(base, 'rseq-development')
