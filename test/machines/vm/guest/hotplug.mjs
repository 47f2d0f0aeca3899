// node hotplug.mjs SECONDS: workers count while CPUs go off and on, the process moves between cpusets, and threads
// are pinned to single CPUs. Prints what it saw as one line of JSON. As root, with 3 CPUs or more.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { cpuId, PerCpuCounter, status } from 'rseq'

const require = createRequire(import.meta.url)
const helpers = require('../../../native/build/Release/helpers.node')
const NAME = 'hotplug'
const WORKERS = 8
const CPUS = '/sys/devices/system/cpu'
const CGROUP = '/sys/fs/cgroup'

function work() {
  const counter = PerCpuCounter.named(NAME)
  const stop = new Int32Array(workerData.stop)
  const possible = status().cpus.possible
  parentPort.postMessage(helpers.gettid())
  let counted = 0
  let beyond = 0
  while (Atomics.load(stop, 0) === 0) {
    for (let i = 0; i < 1000; i++) counter.inc()
    counted += 1000
    if (cpuId() >= possible) beyond++
  }
  parentPort.postMessage({ counted, beyond, reason: status().reason })
}

const next = (worker) =>
  new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))

/** "0,2-3" → [0, 2, 3] */
const list = (text) =>
  text
    .trim()
    .split(',')
    .flatMap((part) => {
      const [first, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, i) => first + i)
    })

const read = (name) => list(readFileSync(`${CPUS}/${name}`, 'utf8'))

/** cgroup v2 with the cpuset controller, and a group for this process. */
function cpuset() {
  if (!existsSync(`${CGROUP}/cgroup.controllers`)) {
    mkdirSync(CGROUP, { recursive: true })
    execFileSync('mount', ['-t', 'cgroup2', 'none', CGROUP])
  }
  writeFileSync(`${CGROUP}/cgroup.subtree_control`, '+cpuset')
  const group = `${CGROUP}/rseq`
  mkdirSync(group, { recursive: true })
  return (cpus) => {
    writeFileSync(`${group}/cpuset.cpus`, cpus.join(','))
    writeFileSync(`${group}/cgroup.procs`, String(process.pid))
  }
}

async function stress(seconds) {
  const counter = PerCpuCounter.named(NAME)
  const first = status()
  const stop = new SharedArrayBuffer(4)
  const workers = Array.from(
    { length: WORKERS },
    () => new Worker(new URL(import.meta.url), { workerData: { stop } }),
  )
  const threads = await Promise.all(workers.map(next))
  const results = Promise.all(workers.map(next))
  const confine = cpuset()
  const everyone = read('online')
  const seen = { offline: 0, online: 0, confined: 0, pinned: 0, wrong: [] }

  /** What status() says of the CPUs, held against the kernel's files and what was asked for. */
  const look = (what, allowed) => {
    const { possible, online, allowed: may } = status().cpus
    const expected = { possible: Math.max(...read('possible')) + 1, online: read('online').length, allowed }
    if (JSON.stringify({ possible, online, allowed: may }) !== JSON.stringify(expected))
      seen.wrong.push({ what, received: { possible, online, allowed: may }, expected })
    if (possible !== first.cpus.possible) seen.wrong.push({ what, possible })
  }

  const end = Date.now() + seconds * 1000
  for (let round = 0; Date.now() < end; round++) {
    const victims = everyone.filter((cpu) => cpu !== 0 && (cpu + round) % 2 === 0)
    for (const cpu of victims) writeFileSync(`${CPUS}/cpu${cpu}/online`, '0')
    seen.offline += victims.length
    look('offline', everyone.length - victims.length)
    await sleep(30)
    for (const cpu of victims) writeFileSync(`${CPUS}/cpu${cpu}/online`, '1')
    seen.online += victims.length
    // The last CPUs alone, then a sparse set.
    for (const some of [everyone.slice(-1), [everyone[0], everyone.at(-1)]]) {
      confine(some)
      look('confined', some.length)
      await sleep(20)
      seen.confined++
    }
    confine(everyone)
    look('all', everyone.length)
    for (const [i, thread] of threads.entries())
      if (helpers.pin(thread, everyone[(i + round) % everyone.length]) === 0) seen.pinned++
    await sleep(20)
    // A new set takes back what was pinned.
    confine(everyone.slice(0, -1))
    confine(everyone)
  }
  Atomics.store(new Int32Array(stop), 0, 1)
  const done = await results
  return {
    registration: first.registration,
    reasons: [...new Set(done.map(({ reason }) => reason))],
    ...seen,
    beyond: done.reduce((sum, { beyond }) => sum + beyond, 0),
    expected: done.reduce((sum, { counted }) => sum + counted, 0),
    sum: counter.value,
    perCpu: [...counter.perCpu()].map(Number),
    aborts: require(first.addon).statistics().aborts,
  }
}

if (isMainThread) console.log(JSON.stringify(await stress(Number(process.argv[2]))))
else work()
