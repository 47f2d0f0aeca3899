// What containers come down to, without a runtime: the service in a mount namespace. `npm test` runs these, as any user who may have one.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../support/runner.mjs'
import { advice, pages } from './service.mjs'

/** Beside what the mounts hide: a checkout may lie in /tmp. */
const CHECKOUT = '/mnt'
const SERVICE = join(CHECKOUT, 'test', 'production', 'service.cjs')
/** Root of a user namespace, where this is not root. */
const UNSHARE = process.geteuid() === 0 ? ['--mount'] : ['--mount', '--map-root-user']

/** @param mounts a shell command */
function inside(mounts, env = {}) {
  const { RSEQ_REGION: _, RSEQ_PARENT: __, RSEQ_SERVICE: ___, TMPDIR: ____, ...own } = process.env
  const script = `mount --bind "$2" ${CHECKOUT}; ${mounts}; exec "$0" "$1"`
  const args = [...UNSHARE, 'sh', '-ec', script, process.execPath, SERVICE, root]
  const { error, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', env: { ...own, ...env } })
  if (error !== undefined) throw new Error(`unshare is missing: install Debian's util-linux`)
  if (stdout === '') throw new Error(stderr)
  return { ...JSON.parse(stdout), stderr }
}

export const rows = [
  [
    'A /dev/shm of 64 MB',
    'rseq /dev/shm 10 10',
    () => pages(inside('mount -t tmpfs -o size=64m tmpfs /dev/shm')),
  ],
  [
    'A /dev/shm that is full after some of 2 × 500 histograms',
    'rseq /dev/shm 10 10 ERR_RSEQ_NO_MEMORY',
    () => pages(inside('mount -t tmpfs -o size=1m tmpfs /dev/shm', { SERIES: '500' })),
  ],
  [
    '… and a worker that starts then: its own page',
    'ERR_RSEQ_NO_MEMORY 5',
    () => {
      const said = inside('mount -t tmpfs -o size=1m tmpfs /dev/shm', { SERIES: '500', LATE: '1' })
      const { file, page } = said.workers.at(-1)
      return `${file} ${page}`
    },
  ],
  [
    'No /dev/shm that can be written to',
    'rseq /tmp 10 10',
    () => pages(inside('mount -t tmpfs -o ro tmpfs /dev/shm; mount -t tmpfs tmpfs /tmp')),
  ],
  [
    'Neither /dev/shm nor /tmp can be written to',
    ['rseq ERR_RSEQ_SYSTEM 5 5 ERR_RSEQ_SYSTEM', 'it says what to do'],
    () => {
      const said = inside('mount -t tmpfs -o ro tmpfs /dev/shm; mount -t tmpfs -o ro tmpfs /tmp')
      return [pages(said), advice(said.stderr)]
    },
  ],
]
