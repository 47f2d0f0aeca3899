// node cost-service.mjs LIBRARY WORKERS SERIES, started by cost.mjs: a cluster whose workers have the same series, and
// that says what a scrape of it costs, and what counting costs.
import cluster from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

const [library, workers, series] = process.argv.slice(2)
const { default: client } = await import(library)
/** Of a batch of calls that is timed as one. */
const BATCH = 20_000

const counter = new client.Counter({
  name: 'requests_total',
  help: 'Requests',
  labelNames: ['route', 'status'],
})
const histogram = new client.Histogram({ name: 'duration_seconds', help: 'Durations', labelNames: ['route'] })
const all = new client.AggregatorRegistry()

/** What a page is written to, as if to be sent: a text that is not read may not have been put together yet. */
const sink = Buffer.alloc(2 ** 22)

/** What a request brings and gets. */
const body = Object.fromEntries(
  Array.from({ length: 20 }, (_, i) => [`field ${i}`, { id: i, text: 'x'.repeat(i) }]),
)
let requests = 0

/** Answers requests for that many milliseconds: memory is taken and given back, all series are counted. */
function serve(ms) {
  const end = performance.now() + ms
  while (performance.now() < end) {
    counter.labels(`/route/${requests++ % Number(series)}`, '200').inc()
    JSON.parse(JSON.stringify(body))
  }
}

/**
 * @param pause before each, in milliseconds
 * @param serves whether this process serves in it, or rests
 * @returns milliseconds of each
 */
async function scrapes(n, pause, serves, page) {
  const times = []
  for (let i = 0; i < n; i++) {
    if (serves) serve(pause)
    await sleep(serves ? 0 : pause)
    const start = performance.now()
    sink.write(await page())
    times.push(performance.now() - start)
  }
  return times
}

/** @returns nanoseconds of a call, of each batch */
function hot(batches, call) {
  return Array.from({ length: batches }, () => {
    const start = process.hrtime.bigint()
    for (let i = 0; i < BATCH; i++) call(i)
    return Number(process.hrtime.bigint() - start) / BATCH
  })
}

const calls = {
  /** What the asking itself costs. */
  nothing: ({ n, pause, serves }) => scrapes(n, pause, serves, () => ''),
  /** What this process alone makes of the whole service. */
  metrics: ({ n, pause, serves }) => scrapes(n, pause, serves, () => client.register.metrics()),
  /** As prom-client's recipe has it. */
  clusterMetrics: ({ n, pause, serves }) => scrapes(n, pause, serves, () => all.clusterMetrics()),
  inc({ n }) {
    const child = counter.labels('/hot', '200')
    return hot(n, () => child.inc())
  },
  observe({ n }) {
    const child = histogram.labels('/hot')
    return hot(n, (i) => child.observe((i & 1023) / 100))
  },
  /** Milliseconds for which this process's event loop had something to do, ever. */
  busy: () => performance.eventLoopUtilization().active,
}

/** Asks a worker to do one of the calls. */
async function ask(worker, { call, ...how }) {
  worker.send({ call, how })
  for (;;) {
    const [message] = await once(worker, 'message')
    if (message.call === call) return message.answer
  }
}

/** What each worker's event loop had to do during something, in milliseconds. */
async function during(action) {
  const busy = () =>
    Promise.all(Object.values(cluster.workers).map((worker) => ask(worker, { call: 'busy' })))
  const before = await busy()
  const answer = await action()
  const after = await busy()
  return { answer, busy: after.map((x, i) => x - before[i]) }
}

if (cluster.isPrimary) {
  const ready = Array.from({ length: Number(workers) }, async () => once(cluster.fork(), 'message'))
  await Promise.all(ready)
  const [first] = Object.values(cluster.workers)
  process.on('message', async ({ where, ...wanted }) => {
    const action = () => (where === 'worker' ? ask(first, wanted) : calls[wanted.call](wanted))
    process.send(await during(action))
  })
  process.on('disconnect', () => process.exit())
  process.send({ ready: true })
} else {
  for (let i = 0; i < Number(series); i++) counter.labels(`/route/${i}`, '200').inc(1000 + i)
  process.on('message', async ({ call, how }) => {
    if (call in calls) process.send({ call, answer: await calls[call](how) })
  })
  process.on('disconnect', () => process.exit())
  process.send({ ready: true })
}
