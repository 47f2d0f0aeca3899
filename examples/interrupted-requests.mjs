// Which requests lost time because the CPU was taken away, and which because of their own code?
//   node examples/interrupted-requests.mjs [SECONDS [NEIGHBOURS]]
// The main thread answers HTTP requests. The synchronous part of each is timed into one of two histograms: undisturbed, or
// interrupted. NEIGHBOURS busy processes (two by default) take the CPUs from it. Ctrl-C ends early.
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { measureUninterrupted, monitorPreemption, PerCpuHistogram, PreemptionProbe, status } from 'rseq'

const ORDERS = JSON.stringify(
  Array.from({ length: 1500 }, (_, i) => ({ id: i, name: `order ${i}`, sum: i * 1.2 })),
)

/** The work of a request. */
const total = () => JSON.parse(ORDERS).reduce((sum, order) => sum + order.sum, 0)

/** Requests one after the other from another thread, so that only the answers are the main thread's. */
async function visit(port) {
  for (;;) await (await fetch(`http://127.0.0.1:${port}/`)).text()
}

function line(what, histogram) {
  if (histogram.count === 0) return `${what.padEnd(18)} none`
  const [p50, p99] = [50, 99].map((p) => (histogram.percentile(p) / 1000).toFixed(2))
  return `${what.padEnd(18)} ${String(histogram.count).padStart(6)} requests  p50 ${p50} ms  p99 ${p99} ms`
}

async function serve(seconds, neighbours) {
  const { available, message } = status()
  if (!available) {
    console.log(`Interruptions cannot be seen here. ${message}`)
    return
  }
  const [undisturbed, interrupted, all] = Array.from({ length: 3 }, () => new PerCpuHistogram())
  const probe = new PreemptionProbe()
  const server = createServer((_, response) => {
    probe.arm()
    const begun = process.hrtime()
    const sum = total()
    const [s, ns] = process.hrtime(begun)
    const microseconds = Math.round(s * 1e6 + ns / 1000)
    // Asked before anything is counted, for a counter's own section would take the probe's place.
    const wasInterrupted = probe.interrupted
    ;(wasInterrupted ? interrupted : undisturbed).record(microseconds)
    all.record(microseconds)
    response.end(`${sum}\n`)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

  const over = new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000).unref()
    process.once('SIGINT', resolve)
  })
  console.log(`Answering for ${seconds} s, beside ${neighbours} busy processes …`)
  const busy = Array.from({ length: neighbours }, () => spawn(process.execPath, ['-e', 'for (;;);']))
  const visitor = new Worker(new URL(import.meta.url), { workerData: server.address().port })
  const monitor = monitorPreemption()
  monitor.enable()
  await over
  monitor.disable()
  await visitor.terminate()
  for (const child of busy) child.kill()
  server.close()

  const share = ((100 * monitor.interruptedTurns) / monitor.count).toFixed(1)
  console.log(`${monitor.count} turns of the event loop, ${share} % of them interrupted`)
  console.log(
    `${monitor.interruptionsPerSecond.toFixed(0)} interruptions and ${monitor.migrationsPerSecond.toFixed(0)} moves to another CPU a second\n`,
  )
  console.log(line('all', all))
  console.log(line('undisturbed', undisturbed))
  console.log(line('interrupted', interrupted))
  const { median, p99 } = measureUninterrupted(total, { samples: 500, warmup: 50 })
  console.log(`\nthe work alone: median ${(median / 1e6).toFixed(2)} ms, p99 ${(p99 / 1e6).toFixed(2)} ms`)
}

if (isMainThread) await serve(Number(process.argv[2] ?? 2), Number(process.argv[3] ?? 2))
else await visit(workerData)
