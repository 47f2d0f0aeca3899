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
    [
      '',
      'kills',
      'answered',
      'counted',
      'lost',
      'jobs',
      'lost',
      'per second',
      'p99 ms',
      'scrape ms',
      'failed',
    ],
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
      (scrapes.seconds * 1000).toFixed(1),
      `${scrapes.failed} of ${scrapes.done}`,
    ]),
  )
}

/** Each figure of both, and how many times as much prom-client's is. */
export function showCost({ workers, series, rows }) {
  const line = (what, ours, theirs, unit, digits) => [
    what,
    `${ours.toFixed(digits)} ${unit}`,
    `${theirs.toFixed(digits)} ${unit}`,
    // As short as what asking costs, and so taken off whole.
    ours > 0 ? (theirs / ours).toFixed(1) : '–',
  ]
  table(
    [`${workers} processes, ${count(series)} series`, 'rseq/prom-client', 'prom-client', 'ratio'],
    rows.flatMap(({ what, ours, theirs }) => {
      if (what.startsWith('child')) return [line(what, ours.median, theirs.median, 'ns', 1)]
      const whole = line(what, ours.median, theirs.median, 'ms', 3)
      // While it serves, its loop is busy with that.
      if (what.startsWith('scrape')) return [whole]
      return [
        whole,
        line('  busiest worker, for each', ours.busiest, theirs.busiest, 'ms', 3),
        line('  all workers, for each', ours.together, theirs.together, 'ms', 3),
      ]
    }),
  )
}
