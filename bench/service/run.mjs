// node bench/service/run.mjs: service.mjs under wrk, scraped by Prometheus, with rseq/prom-client and with prom-client
// in turns; and what a scrape costs. README.md says what is held against what. Exit code 1: something was lost.
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { check } from './check.mjs'
import { measureCost, median } from './cost.mjs'
import { eventually, freePort, load, mustHave, startPrometheus, startService } from './start.mjs'
import { showCost, showLoads } from './tables.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    kill: { type: 'string', default: '5' },
    workers: { type: 'string', default: '4' },
    threads: { type: 'string', default: '2' },
    connections: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '15' },
    json: { type: 'string' },
  },
})
const number = (name, least) => {
  const n = Number(values[name])
  if (n >= least) return n
  console.error(`--${name}: expected a number of at least ${least}, received ${values[name]}`)
  process.exit(2)
}
const seconds = number('seconds', 1)
const killEvery = number('kill', 0.1)
const connections = number('connections', 1)
const rounds = number('rounds', 0)
const size = { workers: number('workers', 1), threads: number('threads', 1) }

mustHave('wrk', '--version')
mustHave('prometheus', '--version')

// First, while nothing else runs.
const cost = rounds === 0 ? null : await measureCost({ rounds, workers: size.workers })

const LIBRARIES = ['rseq/prom-client', 'prom-client']
const ports = {}
for (const library of LIBRARIES) ports[library] = { service: await freePort(), metrics: await freePort() }
const prometheus = await startPrometheus({
  // Any process has the page of all …
  'rseq/prom-client': ports['rseq/prom-client'].service,
  // … or the primary has to ask them all.
  'prom-client': ports['prom-client'].metrics,
})

/** @returns the time of the last scrape, where it began later than that and went well */
async function scrapeAfter(job, time) {
  const [found] = await prometheus(`up{job="${job}"}[1m]`)
  const [at, up] = found?.values.at(-1) ?? []
  return at > time && up === '1' ? at : undefined
}

/** What Prometheus has of a service that nobody asks any more. */
async function counted(job, service) {
  const read = async () => {
    const started = service.started()
    const since = Date.now() / 1000
    const time = await eventually(`${job}: a scrape`, 60, () => scrapeAfter(job, since))
    const sum = async (metric, labels = '') => {
      const [found] = await prometheus(`sum(${metric}{job="${job}"${labels}})`, time)
      return Number(found?.value[1] ?? 0)
    }
    const inFlight = await sum('http_requests_in_flight')
    // Not at rest yet: what wrk has left is still being answered.
    if (inFlight !== 0 || service.started() !== started) return undefined
    return {
      started,
      requests: await sum('http_requests_total'),
      hello: await sum('http_requests_total', ',route="/",status="200"'),
      work: await sum('http_requests_total', ',route="/work",status="200"'),
      durations: await sum('http_request_duration_seconds_count'),
      jobs: await sum('jobs_total'),
      ends: await sum('worker_ends_total'),
    }
  }
  return eventually(`${job}: a service at rest`, 60, read)
}

/** How Prometheus' scrapes of that time went; those that failed lasted as long as it waited. */
async function scrapesOf(job, from, to) {
  const range = `${Math.ceil(to - from)}s`
  const ask = async (metric) => {
    const [found] = await prometheus(`${metric}{job="${job}"}[${range}]`, to)
    return (found?.values ?? []).map(([, value]) => Number(value))
  }
  const up = await ask('up')
  return {
    seconds: median(await ask('scrape_duration_seconds')),
    done: up.length,
    failed: up.filter((x) => x === 0).length,
  }
}

/** A service under load, alone: of two at once, each one's latency would say what the scheduler made of both. */
async function phase(library, mode) {
  const service = await startService(library, ports[library], size)
  let kills = 0
  const from = Date.now() / 1000
  const ended = load(ports[library].service, seconds, connections)
  if (mode === 'kills') {
    for (let at = killEvery; at < seconds; at += killEvery) {
      await sleep(killEvery * 1000)
      if (service.kill()) kills++
    }
  }
  const wrk = await ended
  const to = Date.now() / 1000
  const found = await counted(library, service)
  const scrapes = await scrapesOf(library, from, to)
  const exit = await service.end()
  const one = { library, mode, connections, kills, wrk, prometheus: found, scrapes, exit }
  return { ...one, checks: check(one) }
}

const loads = []
for (const mode of ['steady', 'kills'])
  for (const library of LIBRARIES) loads.push(await phase(library, mode))
showLoads(loads)
if (cost !== null) showCost(cost)

const failed = loads.flatMap(({ library, mode, checks }) =>
  // prom-client is there to be compared with: what it loses is shown.
  library === 'rseq/prom-client'
    ? checks.filter(({ holds }) => !holds).map(({ what }) => `${mode}: ${what}`)
    : [],
)
for (const what of failed) console.error(`does not hold: ${what}`)
if (values.json !== undefined) {
  const { node } = process.versions
  const options = { seconds, killEvery, connections, ...size }
  writeFileSync(
    values.json,
    `${JSON.stringify({ date: new Date().toISOString(), node, options, loads, cost }, null, 2)}\n`,
  )
}
process.exit(failed.length > 0 ? 1 : 0)
