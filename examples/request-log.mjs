// A request log of all threads, without a message or a line of text in any of them:
//   node examples/request-log.mjs [SECONDS]
// Each thread answers HTTP requests. It writes one of fifty, and every failure, as a binary record into a ring. The main thread
// drains the ring and makes lines of the records. (Here it also sends the requests.) Ctrl-C ends early.
import { Agent, createServer, get } from 'node:http'
import { isMainThread, parentPort, threadId, Worker } from 'node:worker_threads'
import { PerCpuRing, status } from 'rseq'

const WORKERS = 2
const SAMPLED = 50
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']

/** A record: duration in ms, status, method, thread, and the path as far as there is room. */
const DURATION = 0
const STATUS = 4
const METHOD = 6
const THREAD = 7
const PATH = 8
const RECORD_BYTES = 64

const ring = PerCpuRing.named('requests', { recordBytes: RECORD_BYTES })

function serve() {
  const record = new Uint8Array(RECORD_BYTES)
  const view = new DataView(record.buffer)
  const encoder = new TextEncoder()
  /** Never waits, and never throws the request out: where the ring is full, the record is counted as lost. */
  function log({ method, url }, status, milliseconds) {
    view.setFloat32(DURATION, milliseconds)
    view.setUint16(STATUS, status)
    view.setUint8(METHOD, METHODS.indexOf(method))
    view.setUint8(THREAD, threadId)
    const { written } = encoder.encodeInto(url, record.subarray(PATH))
    ring.writeBytes(record.subarray(0, PATH + written))
  }

  let requests = 0
  const server = createServer((request, response) => {
    const begun = performance.now()
    response.on('finish', () => {
      const { statusCode } = response
      if (requests++ % SAMPLED === 0 || statusCode >= 500) log(request, statusCode, performance.now() - begun)
    })
    const isBroken = request.url === '/orders/13'
    setTimeout(() => response.writeHead(isBroken ? 500 : 200).end('hello\n'), Math.random() * 4)
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
}

/** Requests, eight at a time, until `signal` says that it is enough. @returns how many were answered */
async function visit(ports, signal) {
  const agent = new Agent({ keepAlive: true })
  let answered = 0
  const one = (port, path) =>
    new Promise((resolve) => {
      get({ agent, port, path, host: '127.0.0.1' }, (response) => {
        answered++
        response.resume().on('end', resolve)
      }).on('error', resolve)
    })
  const visitor = async () => {
    while (!signal.aborted) {
      const kind = Math.random() < 0.7 ? 'users' : 'orders'
      await one(ports[answered % ports.length], `/${kind}/${Math.floor(Math.random() * 200)}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, visitor))
  agent.destroy()
  return answered
}

/** Of records: their number, failures and durations, by the first part of the path. */
class Summary {
  #routes = new Map()

  add(path, code, milliseconds) {
    const route = path.split('/', 2).join('/')
    const one = this.#routes.get(route) ?? { failed: 0, times: [] }
    if (code >= 500) one.failed++
    one.times.push(milliseconds)
    this.#routes.set(route, one)
  }

  lines() {
    return [...this.#routes].sort().map(([route, { failed, times }]) => {
      times.sort((a, b) => a - b)
      const at = (q) => `${times[Math.floor(q * (times.length - 1))].toFixed(1)} ms`
      return `${route.padEnd(10)} ${times.length} logged, ${failed} failed, p50 ${at(0.5)}, p99 ${at(0.99)}`
    })
  }
}

async function main(seconds) {
  const workers = Array.from({ length: WORKERS }, () => new Worker(new URL(import.meta.url)))
  const ports = await Promise.all(
    workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))),
  )
  const over = new AbortController()
  process.once('SIGINT', () => over.abort())
  setTimeout(() => over.abort(), seconds * 1000).unref()

  const decoder = new TextDecoder()
  const summary = new Summary()
  // A record's time is the kernel's monotonic clock's; this makes a time of day of it.
  const epoch = Date.now() - Number(process.hrtime.bigint()) / 1e6
  const print = (record) => {
    const bytes = record.bytes()
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const [code, milliseconds] = [view.getUint16(STATUS), view.getFloat32(DURATION)]
    const path = decoder.decode(bytes.subarray(PATH))
    summary.add(path, code, milliseconds)
    const time = new Date(epoch + record.time / 1e6).toISOString().slice(11, 23)
    const method = METHODS[view.getUint8(METHOD)] ?? '?'
    console.log(
      `${time} thread ${view.getUint8(THREAD)} ${method} ${path} ${code} ${milliseconds.toFixed(1)} ms`,
    )
  }
  const timer = setInterval(() => ring.drain(print), 100)
  const answered = await visit(ports, over.signal)
  clearInterval(timer)
  ring.drain(print)
  await Promise.all(workers.map((worker) => worker.terminate()))

  console.log(`\n${answered} requests answered by ${WORKERS} threads, backend ${status().backend}`)
  for (const line of summary.lines()) console.log(line)
  console.log(`${ring.written} records written, ${ring.lost.discarded} discarded`)
}

if (isMainThread) await main(Number(process.argv[2] ?? 2))
else serve()
