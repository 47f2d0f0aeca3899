// node bench/preemption-monitor.mjs [--json]: what a PreemptionMonitor costs a turn of the event loop, in time on a CPU: of a
// loop of nothing but turns, of one that echoes a message over a socket in its own process, and of one that asks an HTTP
// server in it, once and CLIENTS times at a time. Beside it what an immediate in each turn costs that does nothing. Blocks with and without take turns;
// medians. Exit code 1 where what is promised does not hold.
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer } from 'node:net'
import { monitorPreemption, Region } from 'rseq'

const ROUNDS = 61
const WARMUP = 5
const CLIENTS = 16
const TIMES = { turn: 3000, echo: 400, request: 200, requests: 50 }
/** A monitor by an immediate that does nothing, of an echo; and its share of requests that come together. */
const LIMITS = { immediates: 3, requests: 0.05 }

/** What a monitor cannot do without. */
class Immediate {
  #handle = null
  #again = () => {
    this.#handle = setImmediate(this.#again).unref()
  }

  enable() {
    this.#again()
  }

  disable() {
    clearImmediate(this.#handle)
  }
}

const region = Region.create({ memfd: true })
const monitors = {
  without: null,
  immediate: new Immediate(),
  monitor: monitorPreemption(),
  'in a region': monitorPreemption({ region }),
  'every 10 ms': monitorPreemption({ resolution: 10 }),
}
const names = Object.keys(monitors)

async function listening(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function connected(server) {
  const socket = connect({ port: server.address().port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  return socket
}

const echo = await connected(
  await listening(createServer({ noDelay: true }, (socket) => socket.pipe(socket))),
)
const http = await listening(createHttpServer((_, response) => response.end('hello')))
const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connected(http)))

function asked(socket, text, done) {
  socket.once('data', done)
  socket.write(text)
}

const REQUEST = 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'

const loops = {
  turn: (done) => setImmediate(done),
  echo: (done) => asked(echo, 'hello', done),
  request: (done) => asked(clients[0], REQUEST, done),
  requests(done) {
    let left = CLIENTS
    for (const client of clients)
      asked(client, REQUEST, () => {
        if (--left === 0) done()
      })
  },
}

function repeat(once, times) {
  return new Promise((resolve) => {
    let left = times
    const next = () => (left-- === 0 ? resolve() : once(next))
    next()
  })
}

/** Nanoseconds of this process on a CPU: what others do on the machine is not in it. */
function cpuTime() {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]

/** Nanoseconds of a turn, and what each kind of block takes more of them than the one without of its round. */
async function measure(loop) {
  const times = TIMES[loop]
  const samples = Object.fromEntries(names.map((name) => [name, []]))
  monitors.monitor.reset()
  for (let round = 0; round < WARMUP + ROUNDS; round++) {
    for (let i = 0; i < names.length; i++) {
      // Each as often in every place.
      const name = names[(round + i) % names.length]
      monitors[name]?.enable()
      const begun = cpuTime()
      await repeat(loops[loop], times)
      const ns = (cpuTime() - begun) / times
      monitors[name]?.disable()
      if (round >= WARMUP) samples[name].push(ns)
    }
  }
  const turns = monitors.monitor.count / (times * (WARMUP + ROUNDS))
  const ns = median(samples.without) / turns
  const costs = names.slice(1).map((name) => {
    const cost = median(samples[name].map((one, i) => one - samples.without[i])) / turns
    return [name, { cost, share: cost / ns }]
  })
  return { turns, ns, costs: Object.fromEntries(costs) }
}

const results = {}
for (const loop of Object.keys(loops)) results[loop] = await measure(loop)
const { echo: small, requests } = results
const ratios = {
  immediates: small.costs.monitor.cost / small.costs.immediate.cost,
  requests: requests.costs.monitor.share,
}

if (process.argv.includes('--json')) console.log(JSON.stringify({ ...results, ratios }))
else {
  for (const [name, { turns, ns, costs }] of Object.entries(results)) {
    console.log(`${name}: ${turns.toFixed(2)} turns, of ${Math.round(ns)} ns each`)
    for (const [which, { cost, share }] of Object.entries(costs))
      console.log(`  ${which}: ${Math.round(cost)} ns more a turn, ${(100 * share).toFixed(1)} %`)
  }
  console.log(
    `a monitor by an immediate: ${ratios.immediates.toFixed(2)} (at most ${LIMITS.immediates});`,
    `of requests: ${(100 * ratios.requests).toFixed(1)} % (at most ${100 * LIMITS.requests} %)`,
  )
}
process.exit(ratios.immediates <= LIMITS.immediates && ratios.requests <= LIMITS.requests ? 0 : 1)
