// What a scrape of four processes with a thousand series costs whom, and what counting costs: with rseq/prom-client and
// with prom-client in turns, so that both see the same machine. Alone: node bench/service/cost.mjs
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { showCost } from './tables.mjs'

const { RSEQ_REGION: _, ...env } = process.env

async function start(library, workers, series) {
  const args = [library, workers, series].map(String)
  const child = fork(join(import.meta.dirname, 'cost-service.mjs'), args, { env })
  await once(child, 'message')
  return {
    async ask(wanted) {
      child.send(wanted)
      const [answer] = await once(child, 'message')
      return answer
    },
    end: () => child.disconnect(),
  }
}

/** NaN of none. */
export function median(all) {
  const sorted = all.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** Milliseconds before a scrape, in which the process serves requests, or rests. */
const PAUSE = 20
/** Calls before any is measured: as in a service that has been scraped for some minutes, the code is optimised. */
const WARM = 200
/** Of each in a round. */
const SCRAPES = 10

const here = { call: 'metrics', where: 'worker' }
const recipe = { call: 'clusterMetrics', where: 'primary' }
const inc = { call: 'inc', where: 'primary' }
const observe = { call: 'observe', where: 'primary' }

/**
 * What is compared: the same of both, or what each has in its place. At rest, a process finds its caches cold, and its
 * heap given back to the kernel.
 */
const ROWS = [
  { what: 'scrape, asked of a worker', ours: here, theirs: recipe, serves: true, n: SCRAPES },
  { what: 'scrape, asked of the primary', ours: recipe, theirs: recipe, serves: true, n: SCRAPES },
  { what: 'at rest, asked of a worker', ours: here, theirs: recipe, serves: false, n: SCRAPES },
  { what: 'at rest, asked of the primary', ours: recipe, theirs: recipe, serves: false, n: SCRAPES },
  { what: 'child.inc()', ours: inc, theirs: inc, n: 5 },
  { what: 'child.observe(x)', ours: observe, theirs: observe, n: 5 },
]

/** @returns medians of all rounds: milliseconds for scrapes, nanoseconds for calls */
export async function measureCost({ rounds = 15, workers = 4, series = 1000 } = {}) {
  const ours = await start('rseq/prom-client', workers, series)
  const theirs = await start('prom-client', workers, series)
  const both = Object.entries({ ours, theirs })
  const rows = ROWS.map((row) => ({
    ...row,
    samples: { ours: [], theirs: [] },
    busy: { ours: [], theirs: [] },
  }))

  async function measure(row, who, service) {
    const { n, serves } = row
    const how = { ...row[who], n, serves, pause: PAUSE }
    // What asking costs, and waiting.
    const idle = (await service.ask({ ...how, call: 'nothing' })).busy
    const { answer, busy } = await service.ask(how)
    row.samples[who].push(...answer)
    row.busy[who].push(busy.map((x, worker) => Math.max(0, x - idle[worker]) / n))
  }

  for (const row of rows)
    for (const [who, service] of both) await service.ask({ ...row[who], n: WARM, pause: 0 })
  for (let round = 0; round < rounds; round++) {
    for (const row of rows) for (const [who, service] of both) await measure(row, who, service)
  }
  for (const service of [ours, theirs]) service.end()
  const result = rows.map(({ what, samples, busy }) => {
    const side = (who) => ({
      median: median(samples[who]),
      // Of a worker, for each scrape: of the one that is kept the longest, and of all together.
      busiest: median(busy[who].map((all) => Math.max(...all))),
      together: median(busy[who].map((all) => all.reduce((sum, x) => sum + x))),
    })
    return { what, ours: side('ours'), theirs: side('theirs') }
  })
  return { rounds, workers, series, rows: result }
}

if (process.argv[1] === import.meta.filename) showCost(await measureCost())
