// Recipes for Docker, Kubernetes and AWS Lambda: what is expected of the service in such a container.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../support/runner.mjs'
import { bind, Container, runService, tmpfs } from './container.mjs'
import { advice, pages } from './service.mjs'

const MEMORY = /^\d+:(?:.*,)?memory(?:,.*)?:(.*)$/m

/** Docker: --user 1000 --read-only --cap-drop ALL. */
const STRICT = { user: 1000, readOnly: true, capabilities: [] }
/** Kubernetes mounts an emptyDir with this mode, without a sticky bit. */
const emptyDir = (size) => tmpfs('/dev/shm', size, '777')
const NOWHERE = { destination: '/dev/shm' }

/** A folder that several containers have as their /dev/shm. */
async function sharing(body) {
  const folder = mkdtempSync(join(tmpdir(), 'rseq-shm-'))
  chmodSync(folder, 0o777)
  const all = []
  const start = async (options) => {
    const mounts = [bind(folder, '/dev/shm', 'rw')]
    const container = new Container({
      ...STRICT,
      mounts,
      ...options,
      env: { STAY: '1', ...options.env },
    }).start()
    all.push(container)
    return { container, said: await container.says() }
  }
  try {
    return await body(start, folder)
  } finally {
    for (const one of all) await one.kill()
    rmSync(folder, { recursive: true })
  }
}

const regions = (folder) => readdirSync(folder).filter((name) => name.startsWith('rseq-')).length

export const rows = [
  [
    'Docker: as it is, and with --user 1000 --read-only --cap-drop ALL',
    ['rseq /dev/shm 10 10', 'rseq /dev/shm 10 10'],
    async () => [pages(await runService()), pages(await runService(STRICT))],
  ],
  [
    'Docker: a profile that denies rseq',
    'atomic /dev/shm 10 10',
    async () => pages(await runService({ denied: ['rseq'] })),
  ],
  [
    'Docker: --shm-size 1m, and 2 × 500 histograms',
    'rseq /dev/shm 10 10 ERR_RSEQ_NO_MEMORY',
    async () => pages(await runService({ mounts: [tmpfs('/dev/shm', '1m')], env: { SERIES: '500' } })),
  ],
  [
    'Docker: two containers with one /dev/shm, 2 × 5 and 2 × 7: each its own page; with RSEQ_REGION one',
    ['rseq /dev/shm 10 10', 'rseq /dev/shm 14 14', 2, 'rseq /dev/shm 10 10', 'rseq /dev/shm 24 24'],
    () =>
      sharing(async (start, folder) => {
        const one = await start({})
        const two = await start({ env: { COUNT: '7' } })
        const apart = regions(folder)
        const env = { RSEQ_REGION: '/dev/shm/shop' }
        const three = await start({ env })
        const four = await start({ env: { ...env, COUNT: '7' } })
        return [pages(one.said), pages(two.said), apart, pages(three.said), pages(four.said)]
      }),
  ],
  [
    'Kubernetes: the restricted standard, an emptyDir in memory of 64 MB',
    'rseq /dev/shm 10 10',
    async () => pages(await runService({ ...STRICT, mounts: [emptyDir('64m')] })),
  ],
  [
    'Kubernetes: a container is killed and starts again in its pod: it begins at 0, and one file is there',
    ['rseq /dev/shm 10 10', 1, 'rseq /dev/shm 14 14', 1],
    () =>
      sharing(async (start, folder) => {
        const { container, said } = await start({})
        await container.kill()
        const left = regions(folder)
        const again = await start({ env: { COUNT: '7' } })
        return [pages(said), left, pages(again.said), regions(folder)]
      }),
  ],
  [
    "Kubernetes: what is in /dev/shm counts against the pod's limit of memory",
    'more than 1 MB',
    async () => {
      const env = { SERIES: '1000', STAY: '1' }
      const container = new Container({ mounts: [emptyDir('64m')], memory: 512 << 20, env }).start()
      await container.says()
      const shared = sharedMemoryOf(container.pid)
      await container.kill()
      return shared > 1 << 20 ? 'more than 1 MB' : shared
    },
  ],
  [
    'AWS Lambda: no /dev/shm, all read-only but /tmp',
    'rseq /tmp 10 10',
    async () => pages(await runService({ ...STRICT, mounts: [NOWHERE, tmpfs('/tmp', '512m')] })),
  ],
  [
    'No place at all: neither /dev/shm nor /tmp can be written to',
    ['rseq ERR_RSEQ_SYSTEM 5 5 ERR_RSEQ_SYSTEM', 'it says what to do'],
    async () => {
      const said = await runService({ ...STRICT, mounts: [NOWHERE] })
      return [pages(said), advice(said.stderr)]
    },
  ],
  [
    'rseq top in a container: names used, and the limit',
    '5 1048576',
    async () => {
      const container = new Container({ ...STRICT, env: { SERIES: '2', STAY: '1' } }).start()
      await container.says()
      const command = join(root, 'lib', 'cli', 'rseq.js')
      const seen = container.exec(process.execPath, command, 'top', '--once', '--json')
      await container.kill()
      const { used, capacity } = JSON.parse(seen).region.names
      return `${used} ${capacity}`
    },
  ],
]

/** Bytes that the control group of a process is charged with for shared memory. */
function sharedMemoryOf(pid) {
  const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
  const [, first] = MEMORY.exec(groups) ?? []
  const path = first === undefined ? /^0::(.*)$/m.exec(groups)[1] : `/memory${first}`
  const statistics = readFileSync(join('/sys/fs/cgroup', path, 'memory.stat'), 'utf8')
  return Number(/^shmem (\d+)$/m.exec(statistics)[1])
}
