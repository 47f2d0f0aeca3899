// Groups of processes that get a part of each tenth of a second only, as containers do: CPU bandwidth control, by either
// version of control groups. Needs root.
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PERIOD_US = 100_000
const ROOT = '/sys/fs/cgroup'
let groups = 0

/**
 * @param ms of each 100 ms, together
 * @returns {{ start: string[], remove: () => void }} start: what a command is started with to be in a new group
 */
export function throttled(ms) {
  const quota = Math.round(ms * 1000)
  const isFirst = existsSync(join(ROOT, 'cpu', 'cpu.cfs_quota_us'))
  if (!isFirst) writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+cpu')
  const folder = join(ROOT, isFirst ? 'cpu' : '', `rseq-throttled-${process.pid}-${groups++}`)
  mkdirSync(folder)
  const remove = () => rmdirSync(folder)
  if (isFirst) {
    writeFileSync(join(folder, 'cpu.cfs_period_us'), `${PERIOD_US}`)
    writeFileSync(join(folder, 'cpu.cfs_quota_us'), `${quota}`)
  } else writeFileSync(join(folder, 'cpu.max'), `${quota} ${PERIOD_US}`)
  return { start: ['/bin/sh', '-c', 'echo $$ >"$0" && exec "$@"', join(folder, 'cgroup.procs')], remove }
}
