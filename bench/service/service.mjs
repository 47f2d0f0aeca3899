// An HTTP service of several processes, each with threads of its own, and one page of metrics:
//   METRICS=rseq/prom-client PORT=8080 WORKERS=4 THREADS=2 node service.mjs
// With METRICS=prom-client it is the same service with prom-client's recipe for clusters, to compare with.
import cluster from 'node:cluster'
import { pbkdf2Sync } from 'node:crypto'
import { createServer } from 'node:http'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

const { METRICS = 'rseq/prom-client', PORT = '8080', WORKERS = '4', THREADS = '2' } = process.env
const { default: client } = await import(METRICS)

/** Answers with a page of metrics. */
async function show(response, page) {
  try {
    response.setHeader('content-type', client.register.contentType).end(await page())
  } catch (error) {
    response.writeHead(500).end(error.message)
  }
}

/** A thread: does what would keep its process from answering others. */
function work() {
  const jobs = new client.Counter({ name: 'jobs_total', help: 'Jobs done by threads' })
  parentPort.on('message', ({ id, text }) => {
    const answer = `work ${pbkdf2Sync(text, 'salt', 200, 16, 'sha256').toString('hex')}\n`
    jobs.inc()
    parentPort.postMessage({ id, answer })
  })
}

/** @returns a function that lets the threads do a job, in turn */
function startThreads() {
  const waiting = new Map()
  const threads = Array.from({ length: Number(THREADS) }, () => new Worker(new URL(import.meta.url)))
  for (const thread of threads) {
    thread.on('message', ({ id, answer }) => {
      waiting.get(id)(answer)
      waiting.delete(id)
    })
  }
  let last = 0
  return (text) =>
    new Promise((resolve) => {
      const id = ++last
      waiting.set(id, resolve)
      threads[id % threads.length].postMessage({ id, text })
    })
}

/** A process that answers requests, and /metrics for the whole service. */
function serve() {
  client.collectDefaultMetrics()
  const requests = new client.Counter({
    name: 'http_requests_total',
    help: 'Requests, counted before they are answered',
    labelNames: ['route', 'status'],
  })
  const durations = new client.Histogram({
    name: 'http_request_duration_seconds',
    help: 'From a request to its answer',
    labelNames: ['route'],
  })
  const inFlight = new client.Gauge({ name: 'http_requests_in_flight', help: 'Requests not answered yet' })
  const inThread = startThreads()
  const routes = new Map([
    ['/', () => 'hello\n'],
    ['/work', () => inThread('a password')],
  ])

  const server = createServer(async (request, response) => {
    if (request.url === '/metrics') return show(response, () => client.register.metrics())
    const route = routes.has(request.url) ? request.url : 'none'
    const status = route === 'none' ? 404 : 200
    const end = durations.startTimer({ route })
    inFlight.inc()
    const answer = await routes.get(route)?.()
    // First: what a client has an answer to is counted, whatever happens to this process from here on.
    requests.inc({ route, status })
    end()
    inFlight.dec()
    response.writeHead(status).end(answer)
  })
  server.listen(Number(PORT))
  // What is in flight is answered. Clients that go on asking on old connections are not waited for.
  process.once('SIGTERM', () => {
    server.close(() => process.exit())
    setTimeout(() => process.exit(), 5000).unref()
  })
  if (METRICS === 'prom-client') new client.AggregatorRegistry() // answers the primary
}

/** The primary: keeps the workers alive. */
function lead() {
  const ends = new client.Counter({
    name: 'worker_ends_total',
    help: 'Workers that ended, and were replaced',
  })
  let isEnding = false
  for (let i = 0; i < Number(WORKERS); i++) cluster.fork()
  cluster.on('listening', ({ process }) => console.log(`worker ${process.pid} listens`))
  cluster.on('exit', () => {
    if (isEnding) return
    ends.inc()
    cluster.fork()
  })
  process.once('SIGTERM', () => {
    isEnding = true
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM')
  })
  if (METRICS === 'prom-client') {
    // No worker knows what the others have: the primary asks them all, on a port of its own.
    const all = new client.AggregatorRegistry()
    const server = createServer((_, response) => show(response, () => all.clusterMetrics()))
    server.listen(Number(process.env.METRICS_PORT ?? 9090))
    process.once('SIGTERM', () => server.close())
  }
}

if (!isMainThread) work()
else if (cluster.isPrimary) lead()
else serve()
