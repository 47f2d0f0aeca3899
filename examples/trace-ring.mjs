// A trace of several processes, by one clock, for a look at https://ui.perfetto.dev:
//   node examples/trace-ring.mjs [FILE]
// Jobs go through a cluster: one worker parses, the primary forwards, another worker computes. All of them write into one ring
// when a step begins, ends or hands over. The primary drains it into FILE (trace.json), in Chrome's trace format. Ctrl-C ends early.
import cluster from 'node:cluster'
import { writeFileSync } from 'node:fs'
import { isMainThread, parentPort, threadId, Worker } from 'node:worker_threads'
import { PerCpuRing, Region, status } from 'rseq'

const WORKERS = 3
const JOBS = 300
const AT_ONCE = 6

const NAMES = ['parse', 'forward', 'compute']
const [PARSE, FORWARD, COMPUTE] = NAMES.keys()
/** As Chrome's format has them: begin, end, an arrow's start and its end. */
const PHASES = ['B', 'E', 's', 'f']
const [BEGIN, END, SENT, RECEIVED] = PHASES.keys()

// Without the addon there is no memory between processes: the workers are threads then.
const isCluster = status().backend !== 'portable'
const isPrimary = isMainThread && cluster.isPrimary
const track = isMainThread ? process.pid : threadId

// Phase, name, job, track; the time comes by itself. Everybody who names it has the same ring.
const ring = PerCpuRing.named('trace', { fields: 4, capacity: 16_384, region: Region.service })

/** Keeps the CPU busy. */
function busy(microseconds) {
  const end = performance.now() + microseconds / 1000
  while (performance.now() < end);
}

/** One step of a job: what it received before, its work, and what it sends on. */
function step(name, job, microseconds, send) {
  ring.write(BEGIN, name, job, track)
  if (name > 0) ring.write(RECEIVED, name, 2 * job + name - 1, track)
  busy(microseconds)
  if (name < COMPUTE) ring.write(SENT, name, 2 * job + name, track)
  ring.write(END, name, job, track)
  // Last: what is written before it is sent is never younger than what comes of it, nor missing when all is done.
  send()
}

function work() {
  const post = isCluster ? (message) => process.send(message) : (message) => parentPort.postMessage(message)
  const source = isCluster ? process : parentPort
  process.on('SIGINT', () => {}) // of the terminal; the primary says when it is over
  source.on('message', ({ name, job }) => {
    if (name === PARSE) step(PARSE, job, 60, () => post({ name: FORWARD, job }))
    else {
      step(COMPUTE, job, 100 + (job % 5) * 60, () => post({ name: 'done', job }))
    }
  })
  post({ name: 'ready' })
}

function start() {
  if (isCluster) {
    const worker = cluster.fork()
    return {
      worker,
      track: worker.process.pid,
      send: (message) => worker.send(message),
      stop: () => worker.kill(),
    }
  }
  const worker = new Worker(new URL(import.meta.url))
  return {
    worker,
    track: worker.threadId,
    send: (message) => worker.postMessage(message),
    stop: () => worker.terminate(),
  }
}

/** Sends all jobs through the workers. */
function dispatch(workers, signal) {
  return new Promise((resolve) => {
    let next = 0
    let open = 0
    let ready = 0
    const begin = () => {
      if (next === JOBS || signal.aborted) return open === 0 && resolve()
      open++
      workers[next % WORKERS].send({ name: PARSE, job: next++ })
    }
    for (const { worker } of workers) {
      worker.on('exit', resolve) // too early: what it has written is there all the same
      worker.on('message', ({ name, job }) => {
        if (name === 'ready') {
          if (++ready < WORKERS) return // a process that does not listen yet would miss its job
          for (let i = 0; i < AT_ONCE; i++) begin()
        } else if (name === FORWARD) {
          step(FORWARD, job, 10, () => workers[(job + 1) % WORKERS].send({ name: COMPUTE, job }))
        } else {
          open--
          begin()
        }
      })
    }
  })
}

/** A record as an event of Chrome's format; times are in microseconds. */
function eventOf(record) {
  const [phase, name, id, process] = record.values()
  const event = { ph: PHASES[phase], ts: record.time / 1000, pid: process, tid: process }
  if (phase === SENT || phase === RECEIVED) {
    return { ...event, name: 'handover', cat: 'handover', id, ...(phase === RECEIVED && { bp: 'e' }) }
  }
  return { ...event, name: NAMES[name], args: { job: id, cpu: record.cpu } }
}

async function main(file) {
  const interrupt = new AbortController()
  process.once('SIGINT', () => interrupt.abort())
  const workers = Array.from({ length: WORKERS }, start)
  const events = []
  const drain = () => ring.drain((record) => events.push(eventOf(record)))
  const timer = setInterval(drain, 20)
  await dispatch(workers, interrupt.signal)
  clearInterval(timer)
  for (const { stop } of workers) stop()
  drain()

  events.sort((a, b) => a.ts - b.ts)
  const sent = new Map(events.filter(({ ph }) => ph === 's').map(({ id, ts }) => [id, ts]))
  const handovers = events.filter(({ ph }) => ph === 'f')
  const reversed = handovers.filter(({ id, ts }) => !(sent.get(id) <= ts)).length
  const names = [['primary', track], ...workers.map((worker, i) => [`worker ${i + 1}`, worker.track])]
  const titles = names.map(([name, pid]) => ({
    ph: 'M',
    name: 'process_name',
    pid,
    tid: pid,
    args: { name },
  }))
  writeFileSync(file, `${JSON.stringify({ traceEvents: [...titles, ...events], displayTimeUnit: 'ns' })}\n`)

  const cpus = new Set(events.flatMap(({ args }) => (args?.cpu >= 0 ? args.cpu : [])))
  const span = events.length === 0 ? 0 : (events.at(-1).ts - events[0].ts) / 1000
  console.log(
    `${events.length} events of ${names.length} ${isCluster ? 'processes' : 'threads'} on ${cpus.size} of ${status().cpus.online} CPUs in ${span.toFixed(0)} ms`,
  )
  console.log(`${handovers.length} handovers, ${reversed} of them received before they were sent`)
  console.log(`${ring.written} written, ${ring.lost.total} lost`)
  console.log(`${file}: open it at https://ui.perfetto.dev`)
}

if (isPrimary) await main(process.argv[2] ?? 'trace.json')
else work()
