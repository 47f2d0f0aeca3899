import Table from 'cli-table3'

const style = { head: [], border: [] }
const count = (n) => n.toLocaleString('en-US')

function table(head, rows) {
  const all = new Table({ head, style, colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')) })
  all.push(...rows)
  console.log(all.toString())
}

/** What was counted, and what of that was lost. */
export function showLoads(loads) {
  table(
    ['', 'kills', 'answered', 'counted', 'lost', 'jobs', 'lost', 'per second', 'p99 ms', 'scrape ms', 'failed'],
    loads.map(({ library, mode, kills, wrk, prometheus, scrapes }) => [
      `${library}, ${mode}`,
      kills,
      count(wrk.completed),
      count(prometheus.requests),
      count(Math.max(0, wrk.completed - prometheus.requests)),
      count(prometheus.jobs),
      count(Math.max(0, wrk.work - prometheus.jobs)),
      count(Math.round(wrk.completed / (wrk.microseconds / 1e6))),
      (wrk.p99 / 1000).toFixed(0),
      (scrapes.median * 1000).toFixed(1),
      scrapes.failed,
    ]),
  )
}
